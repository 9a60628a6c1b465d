// Collector: all stages of the collector, wired together.
// Path:    [ring_reader -> interpret -> process -> export], with query at its side
// Owner:   `seamtrace collector` or `seamtrace run`; one per user and SEAMTRACE_DIR.
// Threads: everything happens in the thread that calls run(); exporters have their own.
//          stop() and drain_and_stop() may be called from anywhere, also from a signal handler.
// Failure: a back end that is down fills the exporters' queues; then reading stops, and records
//          stay in shared memory.
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "collector/dispatch.h"
#include "collector/intake.h"
#include "collector/query/statistics.h"
#include "collector/query/status_server.h"
#include "collector/ring_reader/ring_reader.h"
#include "collector/support/configuration.h"
#include "collector/support/result.h"

namespace seamtrace::collector {

struct CollectorOptions {
  Configuration configuration;
  std::vector<std::unique_ptr<Exporter>> exporters;  ///< none: spans are read and forgotten
};

class Collector {
 public:
  /// Makes the user's directory when it is missing, and takes its lock. ErrorCode::kBusy:
  /// another collector serves this user already.
  static Result<std::unique_ptr<Collector>> create(CollectorOptions options);
  ~Collector();

  /// Returns when no collector serves the user whose segments are in `base_directory`, perhaps
  /// only for a moment.
  static void wait_until_nobody_serves(const std::string& base_directory);

  /// For what may only be opened once this collector is known to be the only one. REQUIRES: run()
  /// has not begun.
  void add_exporter(std::unique_ptr<Exporter> exporter);
  /// Adds members to every status answer; called with the collector's lock held. REQUIRES: as
  /// above.
  void add_to_status(std::function<void(nlohmann::json& status)> add);

  /// Returns after stop() or drain_and_stop().
  void run();

  /// Received spans: hands them to every exporter. Gives the sequence of their batch, or 0: the
  /// exporters are busy, nothing was taken.
  uint64_t take(SpanList&& spans);

  /// Ends run() at once. What is not exported stays in shared memory for the next collector.
  void stop();
  /// Ends run() when everything that is there is read and exported, at the latest after
  /// `timeout`.
  void drain_and_stop(std::chrono::milliseconds timeout);

  const Configuration& configuration() const { return configuration_; }
  CollectorStatistics statistics() const;
  /// As the status socket's command `status` answers.
  nlohmann::json status() const;
  /// As the status socket's command `set`.
  nlohmann::json change_process(const nlohmann::json& wish);
  RunSummary run_summary(const std::string& run_id) const;

 private:
  struct Drain {
    ClientId client;
    std::string run_id;
    uint64_t deadline_ns;
    bool looked = false;  ///< a round with a fresh look at the directory has passed
  };

  Collector(CollectorOptions options, std::string directory, FileDescriptor user_directory,
            FileDescriptor lock, FileDescriptor wake, StatusServer server);

  void round();
  void wait();
  void finish(uint64_t deadline_ns);
  void check_drains();
  std::optional<nlohmann::json> answer(ClientId client, const nlohmann::json& request);
  nlohmann::json status_answer() const;
  nlohmann::json change_control(const nlohmann::json& request);
  nlohmann::json drain_answer(const std::string& run_id) const;
  RunSummary summary_of(const std::string& run_id) const;
  CollectorStatistics collect_statistics() const;
  NamedExporterStatistics exporter_statistics() const;
  std::vector<InFlightRequest> in_flight() const;

  const Configuration configuration_;
  const std::string directory_;
  const uint64_t started_ns_;
  FileDescriptor user_directory_;
  FileDescriptor lock_;
  FileDescriptor wake_;  ///< an eventfd

  mutable std::mutex mutex_;  ///< held by run() but for its waits; guards what follows
  Dispatch dispatch_;
  Intake intake_;
  RingReader reader_;
  StatusServer server_;
  std::vector<std::function<void(nlohmann::json&)>> status_parts_;
  std::vector<Drain> drains_;
  std::vector<pollfd> poll_requests_;

  enum class Stop { kNo, kAtOnce, kDrained };
  std::atomic<Stop> stop_{Stop::kNo};
  std::atomic<uint64_t> drain_deadline_ns_{0};
};

}  // namespace seamtrace::collector
