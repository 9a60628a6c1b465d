// Roll-ups and questions for tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "collector/query/query_api.h"
#include "collector/query/testing/memory_store.h"
#include "collector/query/testing/trace_maker.h"
#include "collector/store/trace_row.h"

namespace seamtrace::collector::services::testing {

using collector::testing::kMillisecond;
using collector::testing::kSecond;
using collector::testing::kTraceStart;
using collector::testing::MemoryStore;

inline constexpr uint64_t kFirstMinute = kTraceStart / kSecond;  ///< a whole minute
inline constexpr uint64_t kNow = kTraceStart + 10 * 60 * kSecond;

inline const Node kShopDatabase{NodeKind::kDatabase, "postgresql", "postgresql shop"};
inline const Node kCache{NodeKind::kCache, "redis", "redis cache:6379"};

/// One request of so many milliseconds each, in minute `minute` since kFirstMinute. The slowest one
/// is of trace number `trace`, and so is an error, if there are any.
inline Rollup make_rollup(const OperationKey& key, uint64_t minute,
                          const std::vector<uint64_t>& milliseconds, uint64_t errors = 0,
                          uint64_t trace = 1) {
  Rollup rollup;
  rollup.operation = key;
  rollup.minute_unix_s = kFirstMinute + 60 * minute;
  rollup.count = milliseconds.size();
  rollup.errors = errors;
  for (const uint64_t one : milliseconds) {
    rollup.durations.add(one * kMillisecond);
    rollup.total_ns += one * kMillisecond;
    rollup.slowest_ns = std::max(rollup.slowest_ns, one * kMillisecond);
  }
  rollup.slowest = collector::testing::trace_number(trace);
  if (errors != 0) rollup.error = rollup.slowest;
  return rollup;
}

inline EdgeRollup make_edge(const std::string& from, const Node& to, uint64_t minute,
                            const std::vector<uint64_t>& milliseconds, uint64_t errors = 0) {
  const Rollup rollup = make_rollup({}, minute, milliseconds, errors);
  EdgeRollup edge;
  edge.from = from;
  edge.to = to;
  edge.minute_unix_s = rollup.minute_unix_s;
  edge.count = rollup.count;
  edge.errors = errors;
  edge.total_ns = rollup.total_ns;
  edge.durations = rollup.durations;
  edge.slowest = rollup.slowest;
  edge.slowest_ns = rollup.slowest_ns;
  return edge;
}

inline QueryAnswer ask(StoreReader& store, const std::string& path,
                       const std::map<std::string, std::string>& parameters = {},
                       uint64_t now = kNow) {
  return QueryApi(store).get(path, parameters, now);
}

/// Microseconds since 1970, as a parameter.
inline std::string at_minute(uint64_t minute) {
  return std::to_string((kFirstMinute + 60 * minute) * 1'000'000);
}

/// That buckets are as exact as they promise.
inline bool is_near(const nlohmann::json& ns, uint64_t milliseconds) {
  const double expected = static_cast<double>(milliseconds * kMillisecond);
  return ns.is_number() && std::abs(ns.get<double>() - expected) <= 0.033 * expected;
}

}  // namespace seamtrace::collector::services::testing
