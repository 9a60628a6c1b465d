#include <map>
#include <string>
#include <utility>

#include "collector/query/language/lexer.h"
#include "collector/query/peer_finder.h"
#include "collector/query/services/answered.h"
#include "collector/query/services/services.h"
#include "collector/query/services/traffic.h"

namespace seamtrace::collector::services {

using nlohmann::json;

namespace {

struct Edge {
  Node from, to;
  Traffic traffic;
};

struct MapNode {
  Node node;
  Traffic traffic;
};

class Map {
 public:
  void add_service(const Rollup& rollup, bool is_request) {
    MapNode& node = node_of({NodeKind::kService, "", rollup.operation.service});
    if (is_request) node.traffic.add(rollup);
  }

  void add_edge(const EdgeRollup& rollup) {
    const Node from{NodeKind::kService, "", rollup.from};
    node_of(from);
    MapNode& to = node_of(rollup.to);
    // What a service answered, its own spans tell.
    if (rollup.to.kind != NodeKind::kService) to.traffic.add(rollup);
    Edge& edge = edges_[{node_id(from), node_id(rollup.to)}];
    edge.from = from;
    edge.to = rollup.to;
    edge.traffic.add(rollup);
  }

  json nodes(const MinutePeriod& period) const {
    json list = json::array();
    for (const auto& [id, node] : nodes_) {
      json entry = json_node(node.node);
      entry.update(json_traffic(node.traffic, period));
      entry["id"] = json_text(id);
      list.push_back(std::move(entry));
    }
    return list;
  }

  json edges(const MinutePeriod& period) const {
    json list = json::array();
    for (const auto& [ids, edge] : edges_) {
      json entry = json_traffic(edge.traffic, period);
      entry["from"] = json_text(ids.first);
      entry["to"] = json_text(ids.second);
      entry["error_share"] = edge.traffic.error_share();
      entry["hits"] = edge.traffic.hits;
      entry["misses"] = edge.traffic.misses;
      entry["slowest_trace"] = json_id(edge.traffic.slowest);
      entry["query"] = json_text("service=" + quote_value(edge.from.name) +
                                 " peer.id=" + quote_value(ids.second));
      list.push_back(std::move(entry));
    }
    return list;
  }

 private:
  MapNode& node_of(const Node& node) {
    MapNode& found = nodes_[node_id(node)];
    if (found.node.kind == NodeKind::kNone) found.node = node;
    return found;
  }

  std::map<std::string, MapNode> nodes_;
  std::map<std::pair<std::string, std::string>, Edge> edges_;
};

}  // namespace

QueryAnswer service_map(StoreReader& store, const Question& question) {
  const Result<MinutePeriod> period = minute_period(question);
  if (!period) return bad_question(period.error());
  const Result<std::vector<Rollup>> rollups = store.rollups(period->range, "");
  if (!rollups) return store_fault(rollups.error());
  const Result<std::vector<EdgeRollup>> edges = store.edges(period->range);
  if (!edges) return store_fault(edges.error());

  const AnsweredRequests answered(*rollups);
  Map map;
  for (const Rollup& rollup : *rollups) map.add_service(rollup, answered.has(rollup));
  for (const EdgeRollup& edge : *edges) map.add_edge(edge);
  return ok_answer({{"nodes", map.nodes(*period)}, {"edges", map.edges(*period)}});
}

}  // namespace seamtrace::collector::services
