#include <gtest/gtest.h>

#include "collector/query/services/services.h"
#include "collector/query/services/testing/rollup_maker.h"

namespace seamtrace::collector::services {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)
using collector::testing::TraceMaker;
using nlohmann::json;

const OperationKey kCart{"shop", "GET /cart", SpanKind::kServer, {}};
const OperationKey kList{"shop", "GET /list", SpanKind::kServer, {}};
const OperationKey kSelect{"shop", "SELECT cart", SpanKind::kClient, kShopDatabase};

MemoryStore make_store() {
  MemoryStore store;
  store.all_rollups = {make_rollup(kCart, 0, {10, 10, 10, 100}, 1, 5),
                       make_rollup(kCart, 2, {10, 10}, 0, 6), make_rollup(kList, 2, {200}, 1, 7),
                       make_rollup(kSelect, 0, {3, 3, 3, 3}, 0, 5)};
  return store;
}

json series_of(StoreReader& store, std::map<std::string, std::string> parameters) {
  parameters.emplace("since", at_minute(0));
  parameters.emplace("until", at_minute(4));
  const QueryAnswer answer = ask(store, "series", parameters);
  EXPECT_EQ(answer.status, 200) << answer.body;
  return answer.body;
}

TEST(Series, HasZerosAndNullsWhereNothingHappened) {
  MemoryStore store = make_store();
  const json body = series_of(store, {{"service", "shop"}});
  EXPECT_EQ(body["step_s"], 60);
  EXPECT_EQ(body["times_s"],
            json({kFirstMinute, kFirstMinute + 60, kFirstMinute + 120, kFirstMinute + 180}));
  EXPECT_EQ(body["count"], json({4, 0, 3, 0}));
  EXPECT_EQ(body["errors"], json({1, 0, 1, 0}));
  for (const char* name : {"p50_ns", "p95_ns", "p99_ns"}) {
    ASSERT_EQ(body[name].size(), 4u);
    EXPECT_TRUE(body[name][1].is_null());
    EXPECT_TRUE(body[name][3].is_null());
  }
  EXPECT_TRUE(is_near(body["p50_ns"][0], 10));
  EXPECT_TRUE(is_near(body["p99_ns"][0], 100));
}

TEST(Series, IsOfOneOperationKindOrPeer) {
  MemoryStore store = make_store();
  EXPECT_EQ(series_of(store, {{"operation", "GET /list"}})["count"], json({0, 0, 1, 0}));
  EXPECT_EQ(series_of(store, {{"kind", "client"}})["count"], json({4, 0, 0, 0}));
  EXPECT_EQ(series_of(store, {{"peer", "postgresql shop"}})["count"], json({4, 0, 0, 0}));
  EXPECT_EQ(series_of(store, {{"service", "nobody"}})["count"], json({0, 0, 0, 0}));
}

TEST(Series, StepsAreWholeMinutes) {
  MemoryStore store = make_store();
  const json body = series_of(store, {{"step", "100"}});
  EXPECT_EQ(body["step_s"], 120);
  EXPECT_EQ(body["count"], json({4, 3}));
  EXPECT_EQ(series_of(store, {{"step", "86400"}})["count"], json({7}));
  EXPECT_EQ(ask(store, "series", {{"step", "0"}}).status, 400);
  EXPECT_EQ(ask(store, "series", {{"step", "60"}, {"since", "30d"}}).status, 400);
}

TEST(Series, ExemplarsAreTheSpansThemselves) {
  MemoryStore store = make_store();
  TraceMaker slow(5, kTraceStart + 7 * kSecond);
  slow.add("web", "GET /", SpanKind::kServer, 0, 120);
  slow.add("shop", "GET /cart", SpanKind::kServer, 10, 100, 1);
  slow.add("shop", "SELECT cart", SpanKind::kClient, 20, 3, 2);
  slow.error();
  store.add(slow.take());
  TraceMaker failed(7, kTraceStart + 130 * kSecond);
  failed.add("shop", "GET /list", SpanKind::kServer, 0, 200);
  failed.error();
  store.add(failed.take());
  // Trace 6 is gone.
  const json body = series_of(store, {{"service", "shop"}});
  ASSERT_EQ(body["exemplars"].size(), 2u) << body["exemplars"];
  EXPECT_EQ(body["exemplars"][0],
            (json{{"time_us", (kTraceStart + 7 * kSecond + 10 * kMillisecond) / 1000},
                  {"duration_ns", 100 * kMillisecond},
                  {"trace_id", "a0000000000000000000000000000005"},
                  {"error", false}}));
  EXPECT_EQ(body["exemplars"][1]["trace_id"], "a0000000000000000000000000000007");
  EXPECT_EQ(body["exemplars"][1]["error"], true);
}

json compare_of(StoreReader& store, const std::map<std::string, std::string>& parameters) {
  const QueryAnswer answer = ask(store, "compare", parameters);
  EXPECT_EQ(answer.status, 200) << answer.body;
  return answer.body;
}

TEST(Compare, TakesThePeriodBeforeAsBase) {
  MemoryStore store = make_store();
  const json body = compare_of(store, {{"since", at_minute(2)}, {"until", at_minute(4)}});
  EXPECT_EQ(body["base"]["since_us"], kFirstMinute * 1'000'000);
  EXPECT_EQ(body["base"]["until_us"], (kFirstMinute + 120) * 1'000'000);
  EXPECT_EQ(body["now"]["count"], 3);
  EXPECT_EQ(body["base"]["count"], 4);
  EXPECT_DOUBLE_EQ(body["now"]["rate"], 3.0 / 120);
}

TEST(Compare, ChangesAreShares) {
  MemoryStore store = make_store();
  const json body = compare_of(store, {{"since", at_minute(2)}, {"until", at_minute(4)}});
  ASSERT_EQ(body["operations"].size(), 3u);
  const json& list = body["operations"][0];
  EXPECT_EQ(list["name"], "GET /list");
  EXPECT_TRUE(list["base"].is_null());
  EXPECT_TRUE(list["p95_change"].is_null());
  EXPECT_TRUE(list["rate_change"].is_null());
  EXPECT_TRUE(list["error_share_change"].is_null());
  const json& cart = body["operations"][1];
  EXPECT_EQ(cart["name"], "GET /cart");
  EXPECT_EQ(cart["now"]["count"], 2);
  EXPECT_EQ(cart["base"]["count"], 4);
  EXPECT_NEAR(cart["p95_change"], -0.9, 0.01);
  EXPECT_DOUBLE_EQ(cart["rate_change"], -0.5);
  EXPECT_DOUBLE_EQ(cart["error_share_change"], -0.25);
  const json& select = body["operations"][2];
  EXPECT_TRUE(select["now"].is_null());
  EXPECT_DOUBLE_EQ(select["rate_change"], -1);
  EXPECT_TRUE(select["p95_change"].is_null());
}

TEST(Compare, IsOfOneKindOrPeer) {
  MemoryStore store = make_store();
  const OperationKey fetch{"shop", "GET", SpanKind::kClient, kCache};
  const OperationKey served{"shop", "GET", SpanKind::kServer, {}};
  store.all_rollups.push_back(make_rollup(fetch, 2, {1, 1, 1, 1, 1}, 2));
  store.all_rollups.push_back(make_rollup(served, 2, {1, 1}));
  std::map<std::string, std::string> wanted = {
      {"service", "shop"}, {"operation", "GET"}, {"since", at_minute(2)}, {"until", at_minute(4)}};
  EXPECT_EQ(compare_of(store, wanted)["now"]["count"], 7);
  wanted["kind"] = "server";
  json body = compare_of(store, wanted);
  EXPECT_EQ(body["now"]["count"], 2);
  EXPECT_EQ(body["operations"].size(), 1u);
  wanted["kind"] = "client";
  wanted["peer"] = kCache.name;
  body = compare_of(store, wanted);
  EXPECT_EQ(body["now"]["count"], 5);
  EXPECT_EQ(body["now"]["errors"], 2);
  wanted["peer"] = "nobody";
  EXPECT_EQ(compare_of(store, wanted)["now"]["count"], 0);
  wanted["kind"] = "none of them";
  EXPECT_EQ(ask(store, "compare", wanted).status, 400);
}

TEST(Compare, TakesAnotherBaseAndOneOperation) {
  MemoryStore store = make_store();
  const json body = compare_of(store, {{"operation", "GET /cart"},
                                       {"since", at_minute(0)},
                                       {"until", at_minute(1)},
                                       {"base_since", at_minute(2)},
                                       {"base_until", at_minute(4)}});
  ASSERT_EQ(body["operations"].size(), 1u);
  EXPECT_EQ(body["now"]["count"], 4);
  EXPECT_EQ(body["base"]["count"], 2);
  EXPECT_DOUBLE_EQ(body["operations"][0]["rate_change"], 3);
}

}  // namespace
}  // namespace seamtrace::collector::services
