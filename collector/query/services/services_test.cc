#include "collector/query/services/services.h"

#include <gtest/gtest.h>

#include "collector/query/services/testing/rollup_maker.h"

namespace seamtrace::collector::services {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)
using nlohmann::json;

const OperationKey kCart{"shop", "GET /cart", SpanKind::kServer, {}};
const OperationKey kList{"shop", "GET /list", SpanKind::kServer, {}};
const OperationKey kSelect{"shop", "SELECT cart", SpanKind::kClient, kShopDatabase};
const OperationKey kGet{"shop", "GET", SpanKind::kClient, kCache};

/// Five minutes before to five minutes after the first minute.
MemoryStore make_store() {
  MemoryStore store;
  store.all_rollups = {
      make_rollup(kCart, 0, {10, 10, 10, 100}, 1, 5),
      make_rollup(kCart, 2, {10, 10}, 0, 6),
      make_rollup(kList, 2, {200}, 1, 7),
      make_rollup(kSelect, 0, {3, 3, 3, 3}, 0, 5),
      make_rollup(kGet, 0, {1, 1}, 0, 5),
  };
  store.all_rollups.back().hits = 3;
  store.all_rollups.back().misses = 1;
  return store;
}

json services_of(StoreReader& store, const std::map<std::string, std::string>& parameters) {
  const QueryAnswer answer = ask(store, "services", parameters);
  EXPECT_EQ(answer.status, 200) << answer.body;
  return answer.body;
}

TEST(Services, CountRequestsThatWereAnsweredAndNotCalls) {
  MemoryStore store = make_store();
  const json body = services_of(store, {{"since", at_minute(0)}, {"until", at_minute(5)}});
  ASSERT_EQ(body["services"].size(), 1u);
  const json& shop = body["services"][0];
  EXPECT_EQ(shop["name"], "shop");
  EXPECT_EQ(shop["counted"], "requests");
  EXPECT_EQ(shop["count"], 7);
  EXPECT_EQ(shop["errors"], 2);
  EXPECT_DOUBLE_EQ(shop["rate"], 7.0 / 300);
  EXPECT_TRUE(is_near(shop["p50_ns"], 10)) << shop;
  EXPECT_TRUE(is_near(shop["p99_ns"], 200)) << shop;
  EXPECT_EQ(shop["max_ns"], 200 * kMillisecond);
}

TEST(Services, PercentilesAreOfAllMinutesTogether) {
  MemoryStore store;
  // The mean of the minutes' medians would be 550 ms.
  store.all_rollups = {make_rollup(kCart, 0, {1000}),
                       make_rollup(kCart, 1, {100, 100, 100, 100, 100, 100})};
  const json body = services_of(store, {{"since", at_minute(0)}, {"until", at_minute(5)}});
  EXPECT_TRUE(is_near(body["services"][0]["p50_ns"], 100)) << body;
}

TEST(Services, SeriesHaveAValueForEveryStep) {
  MemoryStore store = make_store();
  const json body = services_of(store, {{"since", at_minute(0)}, {"until", at_minute(4)}});
  EXPECT_EQ(body["step_s"], 60);
  EXPECT_EQ(body["since_us"], kFirstMinute * 1'000'000);
  EXPECT_EQ(body["until_us"], (kFirstMinute + 240) * 1'000'000);
  const json& series = body["services"][0]["series"];
  EXPECT_EQ(series["count"], json({4, 0, 3, 0}));
  EXPECT_EQ(series["errors"], json({1, 0, 1, 0}));
  ASSERT_EQ(series["p95_ns"].size(), 4u);
  EXPECT_TRUE(is_near(series["p95_ns"][0], 100)) << series;
  EXPECT_TRUE(series["p95_ns"][1].is_null());
}

TEST(Services, APeriodThatCutsMinutesTakesThemWhole) {
  MemoryStore store = make_store();
  const std::string since = std::to_string((kFirstMinute + 30) * 1'000'000);
  const std::string until = std::to_string((kFirstMinute + 121) * 1'000'000);
  const json body = services_of(store, {{"since", since}, {"until", until}});
  EXPECT_EQ(body["since_us"], kFirstMinute * 1'000'000);
  EXPECT_EQ(body["until_us"], (kFirstMinute + 180) * 1'000'000);
  EXPECT_EQ(body["services"][0]["count"], 7);
  EXPECT_DOUBLE_EQ(body["services"][0]["rate"], 7.0 / 180);
}

TEST(Services, RatesCountOnlyTheTimeThatHasPassed) {
  MemoryStore store = make_store();
  const uint64_t now = kTraceStart + 140 * kSecond;
  const QueryAnswer answer = ask(store, "services", {{"since", at_minute(0)}}, now);
  EXPECT_EQ(answer.body["until_us"], (kFirstMinute + 180) * 1'000'000);
  EXPECT_DOUBLE_EQ(answer.body["services"][0]["rate"], 7.0 / 140);
}

TEST(Services, AServiceThatAnswersNobodyCountsWhatItHas) {
  MemoryStore store;
  store.all_rollups = {
      make_rollup({"job", "nightly", SpanKind::kInternal, {}}, 0, {500}),
      make_rollup({"job", "SELECT", SpanKind::kClient, kShopDatabase}, 0, {1, 1, 1}),
      make_rollup({"probe", "GET", SpanKind::kClient, {}}, 0, {2, 2}),
      make_rollup({"mail", "receive", SpanKind::kConsumer, {}}, 0, {3}),
      make_rollup({"mail", "render", SpanKind::kInternal, {}}, 0, {1, 1}),
  };
  const json body = services_of(store, {{"since", at_minute(0)}});
  ASSERT_EQ(body["services"].size(), 3u);
  EXPECT_EQ(body["services"][0]["name"], "job");
  EXPECT_EQ(body["services"][0]["count"], 1);
  EXPECT_EQ(body["services"][0]["counted"], "internal");
  EXPECT_EQ(body["services"][1]["name"], "mail");
  EXPECT_EQ(body["services"][1]["count"], 1);
  EXPECT_EQ(body["services"][2]["name"], "probe");
  EXPECT_EQ(body["services"][2]["count"], 2);
  EXPECT_EQ(body["services"][2]["counted"], "calls");
}

TEST(Services, LongPeriodsHaveAboutSixtySteps) {
  MemoryStore store;
  store.all_rollups = {make_rollup(kCart, 0, {1})};
  for (const char* since : {"1h", "3h", "1d", "7d", "30d", "3650d"}) {
    const json body = services_of(store, {{"since", since}});
    const size_t count = body["services"][0]["series"]["count"].size();
    EXPECT_GE(count, 20u) << since;
    EXPECT_LE(count, 75u) << since;
    EXPECT_EQ(body["step_s"].get<uint64_t>() % 60, 0u);
  }
}

TEST(Services, NothingIsNoError) {
  MemoryStore store;
  EXPECT_EQ(services_of(store, {})["services"], json::array());
  EXPECT_EQ(ask(store, "services", {{"since", "soon"}}).status, 400);
}

json operations_of(StoreReader& store, std::map<std::string, std::string> parameters) {
  parameters["since"] = at_minute(0);
  parameters["until"] = at_minute(5);
  const QueryAnswer answer = ask(store, "operations", parameters);
  EXPECT_EQ(answer.status, 200) << answer.body;
  return answer.body["operations"];
}

TEST(Operations, AreListedWithTheirNumbersAndTraces) {
  MemoryStore store = make_store();
  const json list = operations_of(store, {});
  ASSERT_EQ(list.size(), 4u);
  EXPECT_EQ(list[0]["name"], "GET /list") << "the most time in all first";
  EXPECT_EQ(list[1]["name"], "GET /cart");
  EXPECT_EQ(list[1]["service"], "shop");
  EXPECT_EQ(list[1]["kind"], "server");
  EXPECT_TRUE(list[1]["peer"].is_null());
  EXPECT_EQ(list[1]["count"], 6);
  EXPECT_EQ(list[1]["errors"], 1);
  EXPECT_EQ(list[1]["total_ns"], 150 * kMillisecond);
  EXPECT_EQ(list[1]["max_ns"], 100 * kMillisecond);
  EXPECT_EQ(list[1]["slowest_trace"], "a0000000000000000000000000000005");
  EXPECT_EQ(list[1]["error_trace"], "a0000000000000000000000000000005");
  EXPECT_EQ(list[2]["peer"],
            (json{{"kind", "database"}, {"system", "postgresql"}, {"name", "postgresql shop"}}));
  EXPECT_TRUE(list[2]["error_trace"].is_null());
  EXPECT_EQ(list[3]["hits"], 3);
  EXPECT_EQ(list[3]["misses"], 1);
}

TEST(Operations, AreSortedFilteredAndCut) {
  MemoryStore store = make_store();
  EXPECT_EQ(operations_of(store, {{"sort", "count"}})[0]["name"], "GET /cart");
  EXPECT_EQ(operations_of(store, {{"sort", "slowest"}})[0]["name"], "GET /list");
  EXPECT_EQ(operations_of(store, {{"sort", "failing"}})[0]["name"], "GET /list")
      << "as many errors, a larger share";
  EXPECT_EQ(operations_of(store, {{"kind", "client"}}).size(), 2u);
  EXPECT_EQ(operations_of(store, {{"service", "cart"}}).size(), 0u);
  EXPECT_EQ(operations_of(store, {{"limit", "3"}}).size(), 3u);
  EXPECT_EQ(ask(store, "operations", {{"sort", "color"}}).status, 400);
  EXPECT_EQ(ask(store, "operations", {{"kind", "strange"}}).status, 400);
}

TEST(Databases, AreCallsByPeerWithTheirStatements) {
  MemoryStore store = make_store();
  store.all_rollups.push_back(
      make_rollup({"web", "SELECT u", SpanKind::kClient, kShopDatabase}, 1, {50}, 1));
  const QueryAnswer answer =
      ask(store, "databases", {{"since", at_minute(0)}, {"until", at_minute(5)}});
  const json& list = answer.body["databases"];
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["kind"], "database");
  EXPECT_EQ(list[0]["name"], "postgresql shop");
  EXPECT_EQ(list[0]["services"], json({"shop", "web"}));
  EXPECT_EQ(list[0]["count"], 5);
  EXPECT_EQ(list[0]["errors"], 1);
  EXPECT_DOUBLE_EQ(list[0]["rate"], 5.0 / 300);
  ASSERT_EQ(list[0]["statements"].size(), 2u);
  EXPECT_EQ(list[0]["statements"][0]["name"], "SELECT u");
  EXPECT_EQ(list[1]["kind"], "cache");
  EXPECT_EQ(list[1]["hits"], 3);
  EXPECT_EQ(list[1]["misses"], 1);
}

}  // namespace
}  // namespace seamtrace::collector::services
