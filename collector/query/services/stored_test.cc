// The questions, asked of a store on disk.
#include <gtest/gtest.h>

#include "collector/query/bottlenecks/testing/shop_requests.h"
#include "collector/query/services/testing/rollup_maker.h"
#include "collector/query/testing/trace_maker.h"
#include "collector/store/testing/store_fixture.h"

namespace seamtrace::collector::services {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)
using bottlenecks::testing::Cause;
using bottlenecks::testing::shop_trace;
using bottlenecks::testing::ShopOptions;
using nlohmann::json;

class StoredTraces : public collector::testing::StoreFixture {
 protected:
  static constexpr uint64_t kTraces = 400;

  void fill(const ShopOptions& options) {
    const std::unique_ptr<Store> store = open();
    for (uint64_t i = 1; i <= kTraces; ++i) {
      auto batch = std::make_shared<Batch>();
      batch->list = shop_trace(options, i);
      write(*store, batch);
    }
    reader_ = read();
  }

  json ask_about(const std::string& path, std::map<std::string, std::string> parameters = {}) {
    parameters.emplace("since", at_minute(0));
    parameters.emplace("until", at_minute(5));
    const QueryAnswer answer = ask(*reader_, path, parameters);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.body;
  }

  std::unique_ptr<StoreReader> reader_;
};

TEST_F(StoredTraces, ServicesAndOperationsAreThoseThatWereWritten) {
  fill({Cause::kError});
  const json services = ask_about("services")["services"];
  ASSERT_EQ(services.size(), 3u);
  for (const json& service : services) EXPECT_EQ(service["count"], kTraces) << service;
  EXPECT_GT(services[1]["errors"], 10);
  uint64_t requests = 0;
  const json answer = ask_about("operations", {{"service", "shop"}, {"kind", "server"}});
  for (const json& operation : answer["operations"]) requests += operation["count"].get<uint64_t>();
  EXPECT_EQ(requests, kTraces);
}

TEST_F(StoredTraces, TheMapHasEveryNodeAndCall) {
  fill({Cause::kManyCalls});
  const json map = ask_about("map");
  std::map<std::string, uint64_t> calls, nodes;
  for (const json& edge : map["edges"])
    calls[edge["from"].get<std::string>() + " " + edge["to"].get<std::string>()] = edge["count"];
  for (const json& node : map["nodes"]) nodes[node["id"]] = node["count"];
  EXPECT_EQ(calls["service:shop service:cart"], kTraces) << map["edges"];
  EXPECT_EQ(calls["service:shop cache:redis cache"], kTraces);
  EXPECT_GT(calls["service:shop database:postgresql shop"], 2 * kTraces);
  EXPECT_EQ(nodes["service:cart"], kTraces);
  EXPECT_EQ(nodes["database:postgresql shop"], calls["service:shop database:postgresql shop"]);
}

TEST_F(StoredTraces, AnEdgesQueryFindsItsTraces) {
  fill({Cause::kNone});
  const json map = ask_about("map");
  for (const json& edge : map["edges"]) {
    const json traces = ask_about("traces", {{"query", edge["query"]}, {"limit", "2000"}});
    EXPECT_EQ(traces["traces"].size(), kTraces) << edge["query"];
  }
}

TEST_F(StoredTraces, AnEdgesQueryFindsNoOtherEdgesTraces) {
  const std::unique_ptr<Store> store = open();
  const std::string answering[] = {"shop", "shop", "shop-admin", ""};
  for (uint64_t i = 0; i < std::size(answering); ++i) {
    collector::testing::TraceMaker trace(i + 1);
    trace.add("web", "GET", SpanKind::kClient, 0, 2);
    trace.set("server.address", "shop").set("server.port", int64_t{80});
    if (!answering[i].empty()) trace.add(answering[i], "GET /", SpanKind::kServer, 0, 1, 1);
    auto batch = std::make_shared<Batch>();
    batch->list = trace.take();
    write(*store, batch);
  }
  reader_ = read();
  const json map = ask_about("map");
  EXPECT_EQ(map["edges"].size(), 3u) << map["edges"];
  for (const json& edge : map["edges"]) {
    const json traces = ask_about("traces", {{"query", edge["query"]}});
    EXPECT_EQ(traces["traces"].size(), edge["count"]) << edge["query"];
  }
}

TEST_F(StoredTraces, AnExemplarIsTheSlowestRequest) {
  fill({Cause::kNone});
  const json series = ask_about("series", {{"service", "shop"}, {"step", "86400"}});
  ASSERT_GE(series["exemplars"].size(), 1u);
  uint64_t slowest = 0;
  const json answer = ask_about("operations", {{"service", "shop"}, {"kind", "server"}});
  for (const json& operation : answer["operations"])
    slowest = std::max(slowest, operation["max_ns"].get<uint64_t>());
  EXPECT_EQ(series["exemplars"][0]["duration_ns"], slowest);
}

TEST_F(StoredTraces, ThePlantedCauseIsFoundFirst) {
  fill({Cause::kAttribute});
  const json body = ask_about("bottlenecks", {{"service", "shop"}});
  EXPECT_EQ(body["requests"], kTraces);
  ASSERT_FALSE(body["slow"]["findings"].empty());
  EXPECT_EQ(body["slow"]["findings"][0]["name"], "user.tier");
  EXPECT_EQ(body["slow"]["findings"][0]["value"], "free");
}

}  // namespace
}  // namespace seamtrace::collector::services
