// Summary: where the requests' time goes.
// Path:    Sample -> [query/bottlenecks] -> services
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/query/bottlenecks/sample.h"

namespace seamtrace::collector::bottlenecks {

/// Of everything in the sample, per request unless it says otherwise.
struct WhereTimeGoes {
  Part part;
  double share = 0;           ///< of the requests' whole time
  double critical_share = 0;  ///< the same, of what lies on the critical path
  double mean_ns = 0;
  double slow_mean_ns = 0;  ///< of the slow ones
  double calls = 0;
  double slow_calls = 0;
};

/// More than these are `everything else`.
inline constexpr size_t kMostParts = 40;

/// The largest share first; shares add up to 1, and critical shares too (all are 0 where no request
/// took any time).
std::vector<WhereTimeGoes> where_time_goes(const Sample& sample, const std::vector<bool>& slow);

/// The duration that `fraction` of the requests do not exceed; 0 without any.
uint64_t percentile(const std::vector<Request>& requests, double fraction);

}  // namespace seamtrace::collector::bottlenecks
