// Exporter: one end of the line, for example an OTLP receiver or the console.
// Path:    process -> [Exporter] -> the outside world
// Owner:   the Collector owns its exporters and destroys them after its last batch.
// Threads: offer() comes from the collector's loop and must return at once; the work is done in
//          a thread of the exporter's own. Every function may be called from any thread.
// Memory:  a bounded queue of batches, measured in spans (OTEL_BSP_MAX_QUEUE_SIZE).
// Failure: what cannot be exported is dropped and counted by reason; nothing throws out of here.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "collector/process/batch.h"

namespace seamtrace::collector {

/// A snapshot; all counts are of spans unless they say otherwise.
struct ExporterStatistics {
  uint64_t exported = 0;
  std::map<std::string, uint64_t> dropped;  ///< by reason, e.g. `rejected`, `timeout`
  uint64_t queued = 0;
  uint64_t capacity = 0;
  uint64_t retries = 0;     ///< attempts that had to be repeated
  std::string last_error;   ///< a sentence; empty when the last attempt went well
  std::string destination;  ///< where to, for people; never with credentials
};

class Exporter {
 public:
  virtual ~Exporter() = default;

  /// Stable and short: `otlp`, `console`.
  virtual std::string_view name() const = 0;

  /// Takes a batch. False: the queue is full, offer the same batch again later (nothing is
  /// counted). An empty queue takes any batch. Batches come with sequence 1, 2, 3 ... without
  /// gaps. They are small while traffic is low: several may be joined into one request.
  virtual bool offer(BatchPtr batch) = 0;

  /// Every batch with a sequence up to this one is exported, or dropped and counted. Grows only;
  /// 0 before the first. The records behind it may then be forgotten by the producer.
  virtual uint64_t done_sequence() const = 0;

  /// Exports what is queued without waiting for the schedule. Waits at most `timeout` for that;
  /// 0 only asks for it. True: nothing is queued or under way any more.
  virtual bool flush(std::chrono::milliseconds timeout) = 0;

  virtual ExporterStatistics statistics() const = 0;
};

}  // namespace seamtrace::collector
