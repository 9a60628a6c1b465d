// LargeTrace: how much of a trace one answer takes, and whose turn it is.
// Path:    show_trace -> [large trace]
// Threads: any number; who asks for a large trace waits until the large answer before is gone.
// Failure: none.
// Source:  docs/query_api.md, "trace/ID".
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "collector/interpret/span.h"

namespace seamtrace::collector::traces {

struct TraceLimits {
  size_t spans = 100'000;            ///< as many as the store takes for a trace
  size_t bytes = size_t{256} << 20;  ///< of the answer's text, about
};

/// How many of the spans, from the first on, an answer takes; at least one, if there is one.
size_t spans_within(const std::vector<Span>& spans, const TraceLimits& limits);

/// A turn for an answer of so many spans; null when that is few. Whoever keeps it frees the answer
/// first: its end gives the memory back to the system. REQUIRES: the thread has no turn yet.
std::shared_ptr<const void> take_turn(size_t spans);

}  // namespace seamtrace::collector::traces
