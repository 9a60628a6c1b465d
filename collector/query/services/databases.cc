#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/query/services/operation_table.h"
#include "collector/query/services/services.h"

namespace seamtrace::collector::services {

using nlohmann::json;

namespace {

/// Of one database; the ones that take the most time.
constexpr size_t kMostStatements = 200;

struct Database {
  Traffic traffic;
  std::set<std::string> services;
  OperationTable statements;
};

bool is_call_of_database(const OperationKey& key) {
  return key.peer.kind == NodeKind::kDatabase || key.peer.kind == NodeKind::kCache;
}

json json_database(const Node& node, const Database& database, const MinutePeriod& period) {
  json entry = json_node(node);
  entry.update(json_traffic(database.traffic, period));
  entry["services"] = json::array();
  for (const std::string& service : database.services)
    entry["services"].push_back(json_text(service));
  entry["total_ns"] = database.traffic.total_ns;
  entry["hits"] = database.traffic.hits;
  entry["misses"] = database.traffic.misses;
  entry["statements"] = json::array();
  for (const Operation* statement :
       sorted_operations(database.statements, "total", kMostStatements))
    entry["statements"].push_back(json_operation(*statement, period));
  return entry;
}

}  // namespace

QueryAnswer databases(StoreReader& store, const Question& question) {
  const Result<MinutePeriod> period = minute_period(question);
  if (!period) return bad_question(period.error());
  const Result<std::vector<Rollup>> rollups = store.rollups(period->range, "");
  if (!rollups) return store_fault(rollups.error());

  std::map<Node, Database> databases;
  for (const Rollup& rollup : *rollups) {
    if (!is_call_of_database(rollup.operation)) continue;
    Database& database = databases[rollup.operation.peer];
    database.traffic.add(rollup);
    database.services.insert(rollup.operation.service);
    database.statements[rollup.operation].add(rollup);
  }
  std::vector<std::pair<uint64_t, json>> weighed;
  weighed.reserve(databases.size());
  for (const auto& [node, database] : databases)
    weighed.emplace_back(database.traffic.total_ns, json_database(node, database, *period));
  std::stable_sort(weighed.begin(), weighed.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  json list = json::array();
  for (auto& [unused, entry] : weighed) list.push_back(std::move(entry));
  return ok_answer({{"databases", std::move(list)}});
}

}  // namespace seamtrace::collector::services
