// TraceCounter: how many traces are there among these spans?
// Path:    interpret -> [query] -> CLI
// Owner:   the Intake; one for each `seamtrace run`.
// Memory:  at most 2 MiB, and nothing any more once there are more than kMost.
// Failure: beyond kMost it only knows that there are more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "collector/interpret/span.h"

namespace seamtrace::collector {

class TraceCounter {
 public:
  static constexpr uint64_t kMost = 100'000;

  TraceCounter();

  void add(const TraceId& id) {
    if (id == last_ || full()) return;
    last_ = id;
    insert(id);
  }

  /// kMost + 1 stands for "more than kMost".
  uint64_t count() const { return full() ? kMost + 1 : settled_ + used_; }

  /// Keeps the count and gives the memory back. A trace that comes again counts again.
  void settle();

 private:
  bool full() const { return settled_ + used_ > kMost; }
  void insert(const TraceId& id);
  bool put(uint64_t key);
  void grow();

  const uint64_t seed_;  ///< callers choose trace ids: they must not choose our collisions
  TraceId last_{};       ///< the spans of a trace tend to come together
  uint64_t settled_ = 0;
  size_t used_ = 0;
  std::vector<uint64_t> keys_;  ///< open addressing, a power of two, 0: free
};

}  // namespace seamtrace::collector
