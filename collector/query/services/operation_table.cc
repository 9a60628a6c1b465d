#include "collector/query/services/operation_table.h"

#include <algorithm>

#include "collector/query/question.h"

namespace seamtrace::collector::services {

using nlohmann::json;

namespace {

/// Greater comes first.
std::pair<double, double> weight(const Traffic& traffic, std::string_view order) {
  if (order == "slowest") return {static_cast<double>(traffic.percentile(0.95)), 0};
  if (order == "failing") return {static_cast<double>(traffic.errors), traffic.error_share()};
  if (order == "count") return {static_cast<double>(traffic.count), 0};
  return {static_cast<double>(traffic.total_ns), 0};
}

}  // namespace

std::vector<const Operation*> sorted_operations(const OperationTable& table, std::string_view order,
                                                size_t limit) {
  std::vector<std::pair<std::pair<double, double>, const Operation*>> weighed;
  weighed.reserve(table.size());
  for (const Operation& operation : table)
    weighed.emplace_back(weight(operation.second, order), &operation);
  std::stable_sort(weighed.begin(), weighed.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (weighed.size() > limit) weighed.resize(limit);
  std::vector<const Operation*> sorted;
  sorted.reserve(weighed.size());
  for (const auto& [unused, operation] : weighed) sorted.push_back(operation);
  return sorted;
}

json json_key(const OperationKey& key) {
  return {{"service", json_text(key.service)},
          {"name", json_text(key.name)},
          {"kind", kind_name(key.kind)},
          {"peer", json_node(key.peer)}};
}

json json_operation(const Operation& operation, const MinutePeriod& period) {
  const Traffic& traffic = operation.second;
  json entry = json_key(operation.first);
  entry.update(json_traffic(traffic, period));
  entry["max_ns"] = traffic.slowest_ns;
  entry["total_ns"] = traffic.total_ns;
  entry["hits"] = traffic.hits;
  entry["misses"] = traffic.misses;
  entry["slowest_trace"] = json_id(traffic.slowest);
  entry["error_trace"] = json_id(traffic.error);
  return entry;
}

}  // namespace seamtrace::collector::services
