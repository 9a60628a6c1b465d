// MinutePeriod: a period as the roll-ups have it, in whole minutes.
// Path:    question -> [services] -> store
// Owner:   a value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "collector/query/question.h"
#include "collector/store/trace_row.h"
#include "collector/support/result.h"
#include "nlohmann/json.hpp"

namespace seamtrace::collector::services {

inline constexpr uint64_t kSecond_ns = 1'000'000'000;
inline constexpr uint64_t kMinute_s = 60;
inline constexpr uint64_t kMinute_ns = kMinute_s * kSecond_ns;

struct MinutePeriod {
  TimeRange range;      ///< begins and ends with a minute; at least one
  double seconds = 60;  ///< of it, that have passed: what rates count

  uint64_t since_s() const { return range.since_ns / kSecond_ns; }
  uint64_t length_s() const { return (range.until_ns - range.since_ns) / kSecond_ns; }
};

/// The minutes that `asked` touches, those at its ends whole; it ends at most an hour from now.
MinutePeriod whole_minutes(TimeRange asked, uint64_t now_unix_ns);
/// `since` and `until` of a question.
Result<MinutePeriod> minute_period(const Question& question);

/// A period cut into steps of equal length; the last one may reach beyond its end.
struct Steps {
  uint64_t since_s = 0;
  uint64_t step_s = kMinute_s;
  size_t count = 0;

  bool has(uint64_t minute_unix_s) const {
    return minute_unix_s >= since_s && position(minute_unix_s) < count;
  }
  /// REQUIRES: has(minute_unix_s).
  size_t position(uint64_t minute_unix_s) const { return (minute_unix_s - since_s) / step_s; }
};

/// About sixty, of a length that people count in.
Steps usual_steps(const MinutePeriod& period);
/// As long as `step` of the question says, rounded up to whole minutes. Errors: too many.
Result<Steps> steps(const Question& question, const MinutePeriod& period);

/// `since_us`, `until_us`.
nlohmann::json json_period(const MinutePeriod& period);

}  // namespace seamtrace::collector::services
