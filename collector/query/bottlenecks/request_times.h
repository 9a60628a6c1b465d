// RequestTimes: the time of one request, divided among what it was spent in.
// Path:    SpanTree -> [query/bottlenecks] -> Sample
// Owner:   a value.
// Failure: none. A child counts only within its parent; a server span that lies outside of the
//          client span that called it (clocks differ) is moved into its middle.
//
//   request   |=========================================|   self: what nothing below covers
//   internal      |---------------|                         dependency `internal`, less the client
//   client          |---------|                             waiting, where a server span answers
//   it, server             |---|                                which is the dependency; else that
//   itself
//
// At every moment the time belongs to the spans without an open child; several share it equally,
// so that all parts together are the request's duration.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/query/bottlenecks/parts.h"
#include "collector/query/bottlenecks/span_tree.h"

namespace seamtrace::collector::bottlenecks {

struct PartTime {
  uint32_t part = 0;  ///< its number in Parts
  uint32_t calls = 0;
  double ns = 0;
  uint64_t critical_ns = 0;  ///< of it, on the critical path
};

/// By number of part, each once. The parts' `ns` add up to the request's duration, and so do their
/// `critical_ns`.
std::vector<PartTime> divide_request(const SpanTree& tree, uint32_t request, Parts& parts);

}  // namespace seamtrace::collector::bottlenecks
