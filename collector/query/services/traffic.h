// Traffic: roll-ups added up.
// Path:    store -> [services] -> answers
// Owner:   a value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collector/query/services/minute_period.h"
#include "collector/store/trace_row.h"
#include "nlohmann/json.hpp"

namespace seamtrace::collector::services {

struct Traffic {
  uint64_t count = 0;
  uint64_t errors = 0;
  uint64_t total_ns = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t slowest_ns = 0;
  Histogram durations;
  TraceId slowest{};
  TraceId error{};  ///< the latest minute's; all zero: no error (edges know none)

  void add(const Rollup& rollup);
  void add(const EdgeRollup& edge);

  /// 0 when nothing happened; never above the slowest.
  uint64_t percentile(double fraction) const;
  double rate(const MinutePeriod& period) const;
  double error_share() const;

 private:
  template <typename AnyRollup>
  void add_numbers(const AnyRollup& rollup);

  uint64_t error_minute_ = 0;
};

/// `count`, `errors`, `rate`, `p50_ns`, `p95_ns`, `p99_ns`.
nlohmann::json json_traffic(const Traffic& traffic, const MinutePeriod& period);

/// One value per step: each list is as long as the steps are many.
class Series {
 public:
  explicit Series(const Steps& steps) : steps_(steps), traffic_(steps.count) {}
  /// What lies outside of the steps is left out.
  void add(const Rollup& rollup);

  const std::vector<Traffic>& traffic() const { return traffic_; }
  nlohmann::json counts() const;
  nlohmann::json errors() const;
  /// Null where nothing happened.
  nlohmann::json percentiles(double fraction) const;

 private:
  Steps steps_;
  std::vector<Traffic> traffic_;
};

}  // namespace seamtrace::collector::services
