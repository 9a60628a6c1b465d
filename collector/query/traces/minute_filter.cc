#include "collector/query/traces/minute_filter.h"

#include <algorithm>

#include "collector/query/language/span_match.h"
#include "collector/query/language/trace_match.h"

namespace seamtrace::collector::traces {
namespace {

constexpr uint64_t kMinute = 60'000'000'000;
constexpr uint64_t kHour = 60 * kMinute;
/// A longer trace has a span in many minutes; reading their roll-ups would cost more than it
/// saves.
constexpr uint64_t kMostMinutes = 120;

bool is_told(const Condition& condition) {
  switch (condition.field) {
    case Field::kService:
    case Field::kName:
    case Field::kKind:
    case Field::kStatus:
      return true;
    default:
      return false;
  }
}

bool some_status_fits(const Condition& condition, const Rollup& rollup) {
  if (rollup.errors > 0 && holds_for_status(condition, StatusCode::kError)) return true;
  return rollup.count > rollup.errors && (holds_for_status(condition, StatusCode::kOk) ||
                                          holds_for_status(condition, StatusCode::kUnset));
}

}  // namespace

MinuteFilter::MinuteFilter(StoreReader& store, const Query& query) : store_(store) {
  for (const Condition& condition : query.conditions)
    if (is_told(condition)) conditions_.push_back(&condition);
}

Result<bool> MinuteFilter::may_match(const TraceRow& row) {
  const uint64_t first = row.start_unix_ns / kMinute;
  const uint64_t last = std::max(row.start_unix_ns, row.end_unix_ns) / kMinute;
  if (last - first >= kMostMinutes) return true;
  for (uint64_t minute = first; minute <= last; ++minute) {
    const auto minutes = hour(minute / 60);
    if (!minutes) return minutes.error();
    if ((**minutes)[minute % 60]) return true;
  }
  return false;
}

Result<const MinuteFilter::Hour*> MinuteFilter::hour(uint64_t number) {
  const auto known = hours_.find(number);
  if (known != hours_.end()) return &known->second;
  const auto rollups = store_.rollups({number * kHour, (number + 1) * kHour}, "");
  if (!rollups) return rollups.error();
  // Read last: what is removed meanwhile is of the first minute.
  const auto first = store_.first_rollup_unix_s();
  if (!first) return first.error();
  Hour told{}, could{};
  for (const Rollup& rollup : *rollups) {
    if (rollup.minute_unix_s <= *first) continue;
    const size_t minute = rollup.minute_unix_s / 60 % 60;
    told[minute] = true;
    if (could_be(rollup)) could[minute] = true;
  }
  Hour& minutes = hours_[number];
  for (size_t i = 0; i < minutes.size(); ++i) minutes[i] = could[i] || !told[i];
  return &minutes;
}

bool MinuteFilter::could_be(const Rollup& rollup) const {
  return std::all_of(conditions_.begin(), conditions_.end(), [&](const Condition* condition) {
    switch (condition->field) {
      case Field::kService:
        return holds_for_text(*condition, rollup.operation.service);
      case Field::kName:
        return rollup.operation.name == kOtherOperations ||
               holds_for_text(*condition, rollup.operation.name);
      case Field::kKind:
        return holds_for_kind(*condition, rollup.operation.kind);
      default:
        return some_status_fits(*condition, rollup);
    }
  });
}

}  // namespace seamtrace::collector::traces
