// StoreExporter: spans into the store.
// Path:    process -> [store] -> query
// Owner:   the Collector; destroying it writes what is queued, once more.
// Threads: one of its own does all the work with the Store; every function may be called from any.
// Memory:  the queue of batches.
// Failure: what cannot be written is kept and tried again with back-off. When a fault has lasted
//          for `give_up_after`, batches are dropped after one attempt and counted (`store_fault`)
//          so that tracing and the other exporters go on; the first success ends that. Spans of
//          a trace that is full are dropped and counted (`trace_full`).
#pragma once

#include <chrono>
#include <memory>

#include "collector/export/exporter.h"
#include "collector/store/store.h"

namespace seamtrace::collector {

struct StoreExporterOptions {
  size_t queue_spans = 32 * 1024;
  size_t spans_per_write = 20'000;
  /// How long the first span waits for more, so that one commit serves many.
  std::chrono::milliseconds gather{50};
  /// The same while somebody waits in wait_done().
  std::chrono::milliseconds gather_awaited{2};
  std::chrono::milliseconds first_backoff{100};
  std::chrono::milliseconds longest_backoff{5'000};
  std::chrono::milliseconds give_up_after{30'000};
  std::chrono::milliseconds clean_every{1'000};
};

class StoreExporter : public Exporter {
 public:
  /// Waits until `sequence` is done. True: it is, and was not dropped after a fault.
  virtual bool wait_done(uint64_t sequence, std::chrono::milliseconds timeout) = 0;

  /// The last write failed, and what it had is tried again. False too when the store has given
  /// that up: the next batch shows whether it can be written to again.
  virtual bool is_failing() const = 0;

  /// As of the last write.
  virtual StoreStatistics store_statistics() const = 0;
};

std::unique_ptr<StoreExporter> make_store_exporter(std::unique_ptr<Store> store,
                                                   const StoreExporterOptions& options = {});

}  // namespace seamtrace::collector
