#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "collector/query/services/answered.h"
#include "collector/query/services/operation_filter.h"
#include "collector/query/services/operation_table.h"
#include "collector/query/services/services.h"
#include "collector/query/services/traffic.h"

namespace seamtrace::collector::services {

using nlohmann::json;

namespace {

/// Those that take the most time in both periods together.
constexpr size_t kMostOperations = 500;

/// One of the two periods.
struct Side {
  MinutePeriod period;
  Traffic whole;
  OperationTable operations;
};

struct Pair {
  const Traffic* now = nullptr;
  const Traffic* base = nullptr;

  uint64_t total_ns() const {
    return (now == nullptr ? 0 : now->total_ns) + (base == nullptr ? 0 : base->total_ns);
  }
};

Result<Side> read_side(StoreReader& store, const OperationFilter& filter,
                       const MinutePeriod& period) {
  const Result<std::vector<Rollup>> rollups = store.rollups(period.range, filter.service);
  if (!rollups) return rollups.error();
  const AnsweredRequests answered(*rollups);
  Side side;
  side.period = period;
  for (const Rollup& rollup : *rollups) {
    if (filter.selects(rollup, answered)) side.whole.add(rollup);
    if (filter.matches(rollup.operation)) side.operations[rollup.operation].add(rollup);
  }
  return side;
}

/// Without parameters: as long, and it ends where `now` begins.
Result<MinutePeriod> base_period(const Question& question, const MinutePeriod& now) {
  const uint64_t since = now.range.since_ns;
  const uint64_t length = std::min(now.range.until_ns - since, since);
  const Result<TimeRange> asked =
      question.period("base_since", "base_until", {since - length, since});
  if (!asked) return asked.error();
  return whole_minutes(*asked, question.now_unix_ns);
}

json json_side(const Side& side) {
  json body = json_period(side.period);
  body.update(json_traffic(side.whole, side.period));
  return body;
}

json optional_traffic(const Traffic* traffic, const MinutePeriod& period) {
  return traffic == nullptr ? json(nullptr) : json_traffic(*traffic, period);
}

/// 0.5: half as much again. Null: there is nothing to compare with.
json change(double now, double base) { return base > 0 ? json(now / base - 1) : json(nullptr); }

json json_pair(const OperationKey& key, const Pair& pair, const Side& now, const Side& base) {
  json entry = json_key(key);
  entry["now"] = optional_traffic(pair.now, now.period);
  entry["base"] = optional_traffic(pair.base, base.period);
  entry["p95_change"] = nullptr;
  entry["rate_change"] = nullptr;
  entry["error_share_change"] = nullptr;
  if (pair.base == nullptr) return entry;
  // No request any more is a change of the rate, and tells nothing of the others.
  entry["rate_change"] =
      change(pair.now == nullptr ? 0 : pair.now->rate(now.period), pair.base->rate(base.period));
  if (pair.now == nullptr) return entry;
  entry["p95_change"] = change(static_cast<double>(pair.now->percentile(0.95)),
                               static_cast<double>(pair.base->percentile(0.95)));
  entry["error_share_change"] = pair.now->error_share() - pair.base->error_share();
  return entry;
}

json json_operations(const Side& now, const Side& base) {
  std::map<OperationKey, Pair> pairs;
  for (const auto& [key, traffic] : now.operations) pairs[key].now = &traffic;
  for (const auto& [key, traffic] : base.operations) pairs[key].base = &traffic;
  std::vector<const decltype(pairs)::value_type*> sorted;
  sorted.reserve(pairs.size());
  for (const auto& entry : pairs) sorted.push_back(&entry);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
    return a->second.total_ns() > b->second.total_ns();
  });
  if (sorted.size() > kMostOperations) sorted.resize(kMostOperations);
  json list = json::array();
  for (const auto* entry : sorted)
    list.push_back(json_pair(entry->first, entry->second, now, base));
  return list;
}

}  // namespace

QueryAnswer compare(StoreReader& store, const Question& question) {
  const Result<MinutePeriod> period = minute_period(question);
  if (!period) return bad_question(period.error());
  const Result<MinutePeriod> before = base_period(question, *period);
  if (!before) return bad_question(before.error());
  const Result<OperationFilter> filter = OperationFilter::from(question);
  if (!filter) return bad_question(filter.error());
  const Result<Side> now = read_side(store, *filter, *period);
  if (!now) return store_fault(now.error());
  const Result<Side> base = read_side(store, *filter, *before);
  if (!base) return store_fault(base.error());
  return ok_answer({{"now", json_side(*now)},
                    {"base", json_side(*base)},
                    {"operations", json_operations(*now, *base)}});
}

}  // namespace seamtrace::collector::services
