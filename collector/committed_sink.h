// CommittedSink: a received request is answered when the store has its spans.
// Path:    receive -> [CommittedSink] -> Collector, StoreExporter
// Owner:   the Front; dies before both.
// Threads: any.
// Memory:  the digests of the last kMostUnkept requests that were taken and are not committed yet.
// Failure: kBusy. What is sent again for it does not reach the exporters twice: it waits for the
//          same commit. Only what the store has given up, after a long fault, is taken again.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

#include "collector/receive/span_sink.h"

namespace seamtrace::collector {

class StoreExporter;

class CommittedSink {
 public:
  /// Hands spans to all exporters: their sequence. 0: nothing was taken.
  using HandOn = std::function<uint64_t(SpanList&&)>;

  /// `store` null: nobody waits for a commit. Borrows it.
  CommittedSink(HandOn hand_on, StoreExporter* store)
      : hand_on_(std::move(hand_on)), store_(store) {}

  /// As SpanSink. Waits for `patience` at most.
  SinkAnswer take(SpanList&& spans, std::chrono::milliseconds patience);

 private:
  static constexpr size_t kMostUnkept = 64;

  uint64_t find(uint64_t digest) const;
  void add(uint64_t digest, uint64_t sequence);
  void forget(uint64_t digest);

  const HandOn hand_on_;
  StoreExporter* const store_;
  mutable std::mutex mutex_;
  std::deque<std::pair<uint64_t, uint64_t>> unkept_;  ///< digest and sequence, the oldest first
};

}  // namespace seamtrace::collector
