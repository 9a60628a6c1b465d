// Significance: could chance alone have made this difference?
// Path:    [query/bottlenecks] -> findings
// Threads: pure functions.
//
// Both tests are one-sided, and answer with the probability of a difference at least so large
// between two groups that were drawn alike.
#pragma once

#include <cstdint>
#include <vector>

namespace seamtrace::collector::bottlenecks {

/// Fisher's exact test: `with` of `of` have something, against `others_with` of `others`.
/// REQUIRES: with <= of, others_with <= others.
double chance_of_share(uint64_t with, uint64_t of, uint64_t others_with, uint64_t others);

/// Mann and Whitney's rank test, normal approximation with correction for ties: `values` are
/// larger than `others`. 1 when one of them is empty.
double chance_of_larger(const std::vector<double>& values, const std::vector<double>& others);

}  // namespace seamtrace::collector::bottlenecks
