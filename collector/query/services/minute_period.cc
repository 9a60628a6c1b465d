#include "collector/query/services/minute_period.h"

#include <algorithm>
#include <array>
#include <string>

namespace seamtrace::collector::services {
namespace {

constexpr uint64_t kDay_s = 24 * 60 * kMinute_s;
constexpr uint64_t kMostUsualSteps = 75;
/// A week of minutes, and some.
constexpr uint64_t kMostSteps = 11'000;

uint64_t round_down(uint64_t value, uint64_t unit) { return value - value % unit; }
uint64_t round_up(uint64_t value, uint64_t unit) { return round_down(value + unit - 1, unit); }

uint64_t steps_within(const MinutePeriod& period, uint64_t step_s) {
  return (period.length_s() + step_s - 1) / step_s;
}

}  // namespace

MinutePeriod whole_minutes(TimeRange asked, uint64_t now_unix_ns) {
  MinutePeriod period;
  const uint64_t latest = now_unix_ns + 60 * kMinute_ns;
  period.range.since_ns = round_down(std::min(asked.since_ns, latest), kMinute_ns);
  period.range.until_ns = std::max(round_up(std::min(asked.until_ns, latest), kMinute_ns),
                                   period.range.since_ns + kMinute_ns);
  uint64_t passed_until = period.range.until_ns;
  if (now_unix_ns > period.range.since_ns) passed_until = std::min(passed_until, now_unix_ns);
  period.seconds =
      std::max(1.0, static_cast<double>(passed_until - period.range.since_ns) / kSecond_ns);
  return period;
}

Result<MinutePeriod> minute_period(const Question& question) {
  const Result<TimeRange> asked = question.period();
  if (!asked) return asked.error();
  return whole_minutes(*asked, question.now_unix_ns);
}

Steps usual_steps(const MinutePeriod& period) {
  constexpr std::array<uint64_t, 13> kMinutes = {1,   2,   5,   10,  15,  30,  60,
                                                 120, 180, 240, 360, 720, 1440};
  for (const uint64_t minutes : kMinutes) {
    const uint64_t count = steps_within(period, minutes * kMinute_s);
    if (count <= kMostUsualSteps) return {period.since_s(), minutes * kMinute_s, count};
  }
  const uint64_t step_s =
      round_up((period.length_s() + kMostUsualSteps - 1) / kMostUsualSteps, kDay_s);
  return {period.since_s(), step_s, steps_within(period, step_s)};
}

Result<Steps> steps(const Question& question, const MinutePeriod& period) {
  const Steps usual = usual_steps(period);
  const Result<uint64_t> asked = question.number("step", usual.step_s, 1, 10 * 365 * kDay_s);
  if (!asked) return asked.error();
  const uint64_t step_s = round_up(*asked, kMinute_s);
  const uint64_t count = steps_within(period, step_s);
  if (count > kMostSteps)
    return Error{"step is too short for the period: that would be " + std::to_string(count) +
                 " values; ask for at most " + std::to_string(kMostSteps)};
  return Steps{period.since_s(), step_s, count};
}

nlohmann::json json_period(const MinutePeriod& period) {
  return {{"since_us", microseconds(period.range.since_ns)},
          {"until_us", microseconds(period.range.until_ns)}};
}

}  // namespace seamtrace::collector::services
