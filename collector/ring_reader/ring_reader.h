// RingReader: finds the segments of the traced processes, reads them, and buries the dead.
// Path:    shared memory -> [ring_reader] -> interpret
// Owner:   the Collector.
// Threads: one; it does not wait by itself, see next_poll().
// Memory:  one fd or two per traced process, at most kMostSegments.
// Failure: a directory or file that is not as it should be is left alone and counted.
//
// Life of a segment here: found -> attached (locked: one collector each) -> live -> its writer is
// gone -> drained, its requests in flight made into spans -> all acknowledged -> removed.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "collector/ring_reader/segment.h"

namespace seamtrace::collector {

struct RingReaderStatistics {
  uint64_t segments = 0;  ///< attached now
  uint64_t records = 0;
  uint64_t invalid_records = 0;
  uint64_t rejected_segments = 0;
  uint64_t pressure_acknowledgements = 0;
};

class RingReader {
 public:
  struct Options {
    std::string base_directory;
    uid_t uid = 0;  ///< whose segments; root (0) reads those of every user
    /// How long a file that is no segment may be without a writer until it is removed.
    std::chrono::milliseconds abandoned_after{10'000};
    /// How long to wait for news of how a process died.
    std::chrono::milliseconds exit_status_wait{1'000};
  };

  explicit RingReader(Options options);

  /// One round: looks for segments when that is due, and serves each. True: there was work.
  bool poll(RecordConsumer& consumer, uint64_t done_sequence);

  /// When to poll again after poll(): 10 ms while busy, backing off to 50 ms, or to 100 ms when
  /// there is no segment.
  std::chrono::milliseconds next_poll() const { return pause_; }

  /// The next poll() looks for new segments and for dead producers at once.
  void look_now() { look_now_ = true; }

  /// A parent's knowledge of how its child ended (`wait_status` as waitpid gives it).
  void note_exit(uint32_t pid, int wait_status);

  /// A producer is dead, and its requests in flight wait for news of how it died.
  bool awaits_exit_status() const;
  /// From now on, what is known of a death has to do.
  void await_no_exit_status() { options_.exit_status_wait = std::chrono::milliseconds{0}; }

  /// The attached segments, in the order in which they were found.
  template <typename Visitor>
  void visit(Visitor visit) const {
    for (const Attached& attached : attached_) visit(*attached.segment, attached.ended_ns == 0);
  }

  RingReaderStatistics statistics() const;

 private:
  static constexpr size_t kMostSegments = 4096;

  struct Attached {
    std::unique_ptr<Segment> segment;
    std::shared_ptr<const FileDescriptor> directory;
    std::string path;  ///< below the base directory
    ExitWatch exit;
    uint64_t last_look_ns = 0;  ///< for a dead producer
    uint64_t last_beat_ns = 0;
    uint64_t ended_ns = 0;  ///< when it was found dead; 0: alive
    bool slots_read = false;
    bool buried = false;
  };
  /// A file that is not (yet) a segment to us.
  struct Unreadable {
    uint64_t no_writer_since_ns = 0;
    bool rejected = false;  ///< counted and logged
    bool seen = false;      ///< by the scan that is under way
  };
  struct NotedExit {
    int wait_status;
    uint64_t noted_ns;
  };

  void scan(uint64_t now);
  void scan_user(int base, const char* name, uid_t uid, uint64_t now);
  void consider(const std::shared_ptr<const FileDescriptor>& directory, const std::string& path,
                const std::string& name, uid_t uid, uint64_t now);
  void set_aside(SegmentFile& file, int directory, const std::string& path, bool foreign,
                 uint64_t now);
  void reject(const std::string& path, const std::string& why);
  uint64_t serve(Attached& attached, RecordConsumer& consumer, uint64_t done_sequence,
                 uint64_t now);
  void look_for_death(Attached& attached, uint64_t now);
  std::optional<Death> how_it_died(const Attached& attached, uint64_t now) const;
  void bury(Attached& attached, RecordConsumer& consumer);

  Options options_;
  MachineClock clock_ = MachineClock::measure();
  ReadScratch scratch_;
  std::vector<Attached> attached_;
  size_t introduced_ = 0;  ///< how many of them the consumer knows
  std::set<std::string> attached_paths_;
  std::map<std::string, Unreadable> unreadable_;
  std::map<uint32_t, NotedExit> noted_exits_;
  RingReaderStatistics gone_;  ///< sums over the segments that were removed
  uint64_t own_namespace_ = 0;
  ProducerId last_id_ = 0;
  uint64_t last_scan_ns_ = 0;
  std::chrono::milliseconds pause_{10};
  bool look_now_ = false;
};

}  // namespace seamtrace::collector
