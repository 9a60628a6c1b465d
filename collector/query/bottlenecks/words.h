// Words: findings as sentences.
// Path:    differences -> [query/bottlenecks] -> CLI, viewer
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collector/query/bottlenecks/contrast.h"
#include "collector/query/bottlenecks/parts.h"
#include "collector/query/bottlenecks/sample.h"

namespace seamtrace::collector::bottlenecks {

/// `9 of 10 slow requests VERB WHAT; 1 of 10 others OTHERS_VERB`, with `all`, `none of` and exact
/// counts where these are shorter or truer.
struct ShareWords {
  std::string_view verb = "have";
  std::string what;
  std::string_view others_verb = "do";
};
std::string share_words(const Having& having, const Contrast& contrast, const ShareWords& words);

/// What words_of_time says.
struct TimeDifference {
  double slow_ns = 0, rest_ns = 0;        ///< per request
  double slow_calls = 0, rest_calls = 0;  ///< per request
  bool more_calls = false;                ///< it is their number, not their length
  bool mostly_slow = false;               ///< most others do not have it at all
};
std::string time_words(const Part& part, const TimeDifference& difference, const Having& having,
                       const Contrast& contrast);

/// `34 ms`, `1.2 s`, `850 µs`: two digits where there are fewer than three before the point.
std::string short_duration(double ns);
/// `once`, `12 times`, `1.5 times`.
std::string times_words(double count);

/// `9 of 10`, `2 of 100`; exact below ten. REQUIRES: 0 < part < whole.
std::string share_text(uint64_t part, uint64_t whole);

}  // namespace seamtrace::collector::bottlenecks
