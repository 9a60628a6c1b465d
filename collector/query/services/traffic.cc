#include "collector/query/services/traffic.h"

#include <algorithm>

namespace seamtrace::collector::services {

using nlohmann::json;

template <typename AnyRollup>
void Traffic::add_numbers(const AnyRollup& rollup) {
  count += rollup.count;
  errors += rollup.errors;
  total_ns += rollup.total_ns;
  hits += rollup.hits;
  misses += rollup.misses;
  durations.merge(rollup.durations);
  if (rollup.slowest_ns < slowest_ns || rollup.slowest == TraceId{}) return;
  slowest_ns = rollup.slowest_ns;
  slowest = rollup.slowest;
}

void Traffic::add(const Rollup& rollup) {
  add_numbers(rollup);
  if (rollup.error == TraceId{} || rollup.minute_unix_s < error_minute_) return;
  error = rollup.error;
  error_minute_ = rollup.minute_unix_s;
}

void Traffic::add(const EdgeRollup& edge) { add_numbers(edge); }

uint64_t Traffic::percentile(double fraction) const {
  const uint64_t value = durations.percentile(fraction);
  // The middle of the highest bucket may lie above what was measured.
  return slowest_ns == 0 ? value : std::min(value, slowest_ns);
}

double Traffic::rate(const MinutePeriod& period) const {
  return static_cast<double>(count) / period.seconds;
}

double Traffic::error_share() const {
  return count == 0 ? 0 : static_cast<double>(errors) / static_cast<double>(count);
}

json json_traffic(const Traffic& traffic, const MinutePeriod& period) {
  return {{"count", traffic.count},
          {"errors", traffic.errors},
          {"rate", traffic.rate(period)},
          {"p50_ns", traffic.percentile(0.5)},
          {"p95_ns", traffic.percentile(0.95)},
          {"p99_ns", traffic.percentile(0.99)}};
}

void Series::add(const Rollup& rollup) {
  if (steps_.has(rollup.minute_unix_s)) traffic_[steps_.position(rollup.minute_unix_s)].add(rollup);
}

json Series::counts() const {
  json values = json::array();
  for (const Traffic& one : traffic_) values.push_back(one.count);
  return values;
}

json Series::errors() const {
  json values = json::array();
  for (const Traffic& one : traffic_) values.push_back(one.errors);
  return values;
}

json Series::percentiles(double fraction) const {
  json values = json::array();
  for (const Traffic& one : traffic_)
    values.push_back(one.count == 0 ? json(nullptr) : json(one.percentile(fraction)));
  return values;
}

}  // namespace seamtrace::collector::services
