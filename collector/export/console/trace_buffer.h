// TraceBuffer: holds the spans of a trace together until it looks complete.
// Path:    process -> [export/console] -> terminal
// Threads: one.
// Memory:  at most `capacity` spans; beyond that the oldest traces come out as they are.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "collector/export/console/trace_tree.h"

namespace seamtrace::collector {

class TraceBuffer {
 public:
  using Clock = std::chrono::steady_clock;
  using Trace = std::vector<TreeSpan>;

  struct Options {
    size_t capacity = 10'000;
    /// A trace is complete when nothing came for so long and no parent is missing.
    std::chrono::milliseconds grace{200};
    /// A trace that misses a parent comes out when nothing came for so long.
    std::chrono::milliseconds patience{30'000};
  };

  explicit TraceBuffer(Options options) : options_(options) {}

  void add(TreeSpan span, Clock::time_point now);

  /// Takes out the traces that are complete at `now`, or too many, ordered by their first start.
  std::vector<Trace> take_ready(Clock::time_point now);
  std::vector<Trace> take_all();

  /// When take_ready() will next have something, if nothing is added; none while it is empty.
  std::optional<Clock::time_point> next_ready() const;

  size_t spans() const { return spans_; }

 private:
  struct Pending {
    TraceId id{};
    Trace spans;
    Clock::time_point last_added{};
    Clock::time_point ready{};
  };
  using Position = std::list<Pending>::iterator;

  static bool misses_parent(const Trace& spans);
  Trace take(Position pending);

  const Options options_;
  std::list<Pending> pending_;  ///< by first span, oldest first
  std::map<TraceId, Position> by_id_;
  size_t spans_ = 0;
};

}  // namespace seamtrace::collector
