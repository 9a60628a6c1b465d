#include <gtest/gtest.h>

#include "collector/query/services/services.h"
#include "collector/query/services/testing/rollup_maker.h"

namespace seamtrace::collector::services {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)
using nlohmann::json;

const Node kShop{NodeKind::kService, "", "shop"};

json map_of(StoreReader& store) {
  const QueryAnswer answer = ask(store, "map", {{"since", at_minute(0)}, {"until", at_minute(5)}});
  EXPECT_EQ(answer.status, 200) << answer.body;
  return answer.body;
}

json with_id(const json& nodes, const std::string& id) {
  for (const json& node : nodes)
    if (node["id"] == id) return node;
  return nullptr;
}

TEST(ServiceMap, EdgesAreAddedUpOverMinutes) {
  MemoryStore store;
  store.all_edges = {make_edge("web", kShop, 0, {10, 10}, 1), make_edge("web", kShop, 3, {30, 30})};
  store.all_edges[0].hits = 2;
  const json body = map_of(store);
  ASSERT_EQ(body["edges"].size(), 1u);
  const json& edge = body["edges"][0];
  EXPECT_EQ(edge["from"], "service:web");
  EXPECT_EQ(edge["to"], "service:shop");
  EXPECT_EQ(edge["count"], 4);
  EXPECT_EQ(edge["errors"], 1);
  EXPECT_DOUBLE_EQ(edge["error_share"], 0.25);
  EXPECT_DOUBLE_EQ(edge["rate"], 4.0 / 300);
  EXPECT_TRUE(is_near(edge["p95_ns"], 30));
  EXPECT_EQ(edge["hits"], 2);
  EXPECT_EQ(edge["query"], "service=web peer.id=service:shop");
}

TEST(ServiceMap, WhoOnlyCallsOrIsOnlyCalledIsThere) {
  MemoryStore store;
  store.all_edges = {make_edge("web", kShop, 0, {10}), make_edge("shop", kShopDatabase, 0, {3, 3}),
                     make_edge("web", kShopDatabase, 0, {5}, 1)};
  store.all_rollups = {make_rollup({"alone", "GET /", SpanKind::kServer, {}}, 0, {1})};
  const json nodes = map_of(store)["nodes"];
  EXPECT_EQ(nodes.size(), 4u);
  EXPECT_EQ(with_id(nodes, "service:web")["count"], 0);
  EXPECT_EQ(with_id(nodes, "service:alone")["count"], 1);
  const json database = with_id(nodes, "database:postgresql shop");
  EXPECT_EQ(database["kind"], "database");
  EXPECT_EQ(database["system"], "postgresql");
  EXPECT_EQ(database["count"], 3) << "of all that call it";
  EXPECT_EQ(database["errors"], 1);
}

TEST(ServiceMap, AServicesNumbersAreOfItsOwnSpans) {
  MemoryStore store;
  store.all_edges = {make_edge("web", kShop, 0, {100})};
  store.all_rollups = {make_rollup({"shop", "GET /", SpanKind::kServer, {}}, 0, {10, 10, 10}, 2),
                       make_rollup({"shop", "SELECT", SpanKind::kClient, kShopDatabase}, 0, {1})};
  const json shop = with_id(map_of(store)["nodes"], "service:shop");
  EXPECT_EQ(shop["count"], 3);
  EXPECT_EQ(shop["errors"], 2);
  EXPECT_TRUE(is_near(shop["p50_ns"], 10));
}

TEST(ServiceMap, ADatabaseNamedLikeAServiceIsAnotherNode) {
  MemoryStore store;
  store.all_edges = {make_edge("web", kShop, 0, {1}),
                     make_edge("web", {NodeKind::kExternal, "", "shop"}, 0, {1})};
  const json body = map_of(store);
  EXPECT_EQ(body["nodes"].size(), 3u);
  EXPECT_EQ(body["edges"].size(), 2u);
}

TEST(ServiceMap, TheQueryOfAnEdgeIsQuotedWhereItMustBe) {
  MemoryStore store;
  store.all_edges = {make_edge("my shop", kShopDatabase, 0, {1})};
  EXPECT_EQ(map_of(store)["edges"][0]["query"],
            "service=\"my shop\" peer.id=\"database:postgresql shop\"");
}

}  // namespace
}  // namespace seamtrace::collector::services
