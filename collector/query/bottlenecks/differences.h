// Differences: what do the slow requests have, or do, that the others do not?
// Path:    Sample -> [query/bottlenecks] -> services
// Threads: pure functions.
// Failure: none. Where nothing is telling, nothing is found.
//
// A finding must be larger than chance (kChance for all that was tested together, after
// Bonferroni), large enough to matter, and seen in at least kLeastSlow traces. It states what the
// spans show and never calls it the cause.
#pragma once

#include <vector>

#include "collector/query/bottlenecks/contrast.h"
#include "collector/query/bottlenecks/finding.h"
#include "collector/query/bottlenecks/sample.h"

namespace seamtrace::collector::bottlenecks {

inline constexpr double kChance = 0.01;
inline constexpr uint64_t kLeastSlow = 5;
inline constexpr size_t kMostFindings = 12;
/// The slow ones must take so many times as long as the others, or there is nothing to explain.
inline constexpr double kLeastSlowdown = 1.2;
inline constexpr double kAnySlowdown = 0;

/// The most telling first, each thing once. `slow`: a flag for each request of the sample.
std::vector<Finding> find_differences(const Sample& sample, const std::vector<bool>& slow,
                                      double least_slowdown = kLeastSlowdown);

/// Values of attributes, spans, errors: what a request has or has not.
std::vector<Finding> differing_facts(const Sample& sample, const Contrast& contrast);
/// Attributes that are quantities: `cart.items` of 120 or more.
std::vector<Finding> differing_numbers(const Sample& sample, const Contrast& contrast);
/// Parts that the slow ones spend their additional time in.
std::vector<Finding> differing_times(const Sample& sample, const Contrast& contrast);

/// A share's difference that matters.
bool is_large(double slow_share, double rest_share);

}  // namespace seamtrace::collector::bottlenecks
