// IntervalTree: nested intervals of time, and whose time it is.
// Path:    SpanTree -> [query/bottlenecks] -> RequestTimes
// Owner:   a value.
// Memory:  one Interval per span.
//
// REQUIRES, of every list here: the first interval is the whole; a parent stands before its
// children and covers them.
#pragma once

#include <cstdint>
#include <vector>

namespace seamtrace::collector::bottlenecks {

struct Interval {
  uint32_t parent = 0;  ///< position in the list; the first one's own
  uint64_t from = 0;
  uint64_t to = 0;  ///< not included; not before `from`
};

/// For each interval the time in which none of its children was open. Where several such are open
/// at once they share the time equally: all together are the length of the first.
std::vector<double> share_out(const std::vector<Interval>& intervals);

/// For each interval its time on the critical path: from the end backwards, the child that ended
/// last and what it waited for in turn. All together are the length of the first.
std::vector<uint64_t> critical_times(const std::vector<Interval>& intervals);

}  // namespace seamtrace::collector::bottlenecks
