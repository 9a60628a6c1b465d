// Segment: reads one producer's records, and acknowledges them when they are safe.
// Path:    SegmentFile -> [Segment] -> RecordConsumer
// Owner:   the RingReader; one per attached file.
// Memory:  a cursor for each chunk ever used (32 bytes), and what is not acknowledged yet; the
//          buffers are shared by all segments (ReadScratch).
// Failure: the other side is hostile: copy, validate, use. A bad record ends its chunk and is
//          counted; a file cut short ends the segment. Nothing here trusts a number twice.
//
// Life of a record here: read (our cursor moves) -> accepted into a batch -> the batch is done
// -> acknowledged (`consumed`; the chunk becomes free once it is full and wholly acknowledged).
// A collector killed in between has acknowledged nothing that is not exported: its successor
// reads those records again. Under pressure (most chunks in use) records are acknowledged as
// soon as they are read: losing them to a crash of ours is better than losing new ones for sure.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "collector/ring_reader/consumer.h"
#include "collector/ring_reader/counters.h"
#include "collector/ring_reader/liveness.h"
#include "collector/ring_reader/segment_file.h"
#include "collector/ring_reader/target.h"
#include "wire/configuration.h"
#include "wire/segment.h"

namespace seamtrace::collector {

struct SegmentCounts {
  uint64_t records = 0;
  uint64_t invalid_records = 0;
  uint64_t pressure_acknowledgements = 0;  ///< records acknowledged before they were exported
};

/// What may be changed in a running process; each none: leave it.
struct ControlChange {
  std::optional<bool> tracing;
  std::optional<wire::Sampler> sampler;
  std::optional<double> ratio;
};

struct ControlState {
  bool tracing = false;
  uint32_t sampler = 0;  ///< wire::Sampler, not validated
  double ratio = 0;
};

/// Buffers that one reader thread shares among its segments.
struct ReadScratch {
  std::vector<wire::ChunkDescriptor> descriptors{wire::kChunkCount};
  std::vector<char> chunk = std::vector<char>(wire::kChunkBytes);
  std::vector<Slice> slices;
};

class Segment {
 public:
  enum class Attach { kNotReady, kForeign };

  /// kNotReady: no magic yet. kForeign: another version or geometry, or nonsense.
  static std::variant<std::unique_ptr<Segment>, Attach> attach(ProducerId id, SegmentFile file,
                                                               uid_t owner,
                                                               const MachineClock& clock);

  /// Takes records up to `done_sequence` for safe, frees the chunks that are done with, and reads
  /// what is new, at most about `budget` bytes. Returns the number of bytes read.
  uint64_t service(RecordConsumer& consumer, uint64_t done_sequence, uint64_t budget,
                   ReadScratch& scratch);

  /// As far as the last service() saw. For a producer that is dead the answer is final.
  bool everything_read() const { return everything_read_; }
  bool everything_acknowledged() const { return pending_.empty(); }

  /// The producer is gone: nothing will be written any more, and nothing is gained by
  /// acknowledging early.
  void producer_ended() { producer_ended_ = true; }

  /// For a dead producer whose records are all read: turns its requests in flight into records.
  /// False: the consumer was not ready for all of them, call again.
  bool read_in_flight(RecordConsumer& consumer, const Death& death);

  void beat(uint64_t now_ns) const;  ///< tells the agent that a collector is there
  bool change(const ControlChange& change) const;
  std::optional<ControlState> control() const;
  /// Sums over the shards, by wire::Counter.
  Counters counters() const;
  /// The data stores that the producer is a client of.
  std::vector<Target> targets() const;
  /// The signal by which the producer said that it is about to abort, else 0.
  int fatal_signal() const;

  /// The requests in flight of a live producer, as they are now. A slot that changes while it is
  /// copied is left out.
  void visit_in_flight(const std::function<void(const Record&)>& visit) const;
  uint32_t in_flight() const;
  uint32_t chunks_in_use() const { return chunks_in_use_; }

  ProducerId id() const { return id_; }
  const SegmentFile& file() const { return file_; }
  const ProcessFacts& facts() const { return facts_; }
  const SegmentCounts& counts() const { return counts_; }

 private:
  struct Cursor {
    uint32_t read = 0;          ///< bytes read
    uint32_t acknowledged = 0;  ///< bytes of safe records
    uint32_t written = 0;       ///< value last stored in `consumed`
    bool poisoned = false;      ///< a bad record: the rest of this filling is left out
    std::array<uint8_t, 8> last_span_id{};
  };
  struct Pending {
    uint64_t sequence;
    uint32_t chunk;  ///< kSlots for the requests in flight of a dead producer
    uint32_t offset;
    uint32_t records;
  };
  static constexpr uint32_t kSlots = UINT32_MAX;
  static constexpr size_t kMostPending = 1 << 16;

  Segment(ProducerId id, SegmentFile file) : id_(id), file_(std::move(file)) {}

  uint32_t chunk_high_water();
  uint32_t slot_high_water() const;
  bool take_over_cursors();
  std::optional<Record> copy_slot(uint32_t index, std::span<char> buffer,
                                  std::vector<Slice>& slices) const;
  void read_chunk(uint32_t index, uint32_t committed, RecordConsumer& consumer,
                  ReadScratch& scratch);
  void settle(uint32_t index, wire::ChunkState state);
  void poison(Cursor& cursor);
  void remember(uint64_t sequence, uint32_t chunk, uint32_t offset);
  void acknowledge(uint64_t done_sequence);
  bool ended_with(const wire::ExchangeRecord& exchange) const;

  ProducerId id_;
  SegmentFile file_;
  ProcessFacts facts_;
  SegmentCounts counts_;
  std::vector<Cursor> cursors_;  ///< as many as chunks were ever used
  std::deque<Pending> pending_;
  uint32_t next_chunk_ = 0;  ///< where the next pass begins, for fairness among threads
  uint32_t next_slot_ = 0;   ///< progress of read_in_flight()
  uint32_t chunks_in_use_ = 0;
  bool everything_read_ = false;
  bool producer_ended_ = false;
  bool broken_ = false;  ///< the file was cut short
};

}  // namespace seamtrace::collector
