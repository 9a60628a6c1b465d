#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "collector/query/bottlenecks/testing/shop_requests.h"
#include "collector/query/services/services.h"
#include "collector/query/services/testing/rollup_maker.h"

namespace seamtrace::collector::services {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)
using bottlenecks::testing::Cause;
using bottlenecks::testing::shop_trace;
using bottlenecks::testing::ShopOptions;
using collector::testing::TraceMaker;
using nlohmann::json;

void fill(MemoryStore& store, const ShopOptions& options) {
  for (uint64_t i = 1; i <= options.traces; ++i) store.add(shop_trace(options, i));
}

json answer_of(StoreReader& store, const std::map<std::string, std::string>& parameters) {
  const QueryAnswer answer = ask(store, "bottlenecks", parameters);
  EXPECT_EQ(answer.status, 200) << answer.body;
  return answer.body;
}

TEST(Bottlenecks, SharesAddUpAndTheCauseIsFirst) {
  MemoryStore store;
  fill(store, {Cause::kManyCalls});
  const json body = answer_of(store, {{"service", "shop"}});
  EXPECT_EQ(body["requests"], 400);
  EXPECT_EQ(body["complete"], true);
  double share = 0, critical = 0;
  for (const json& where : body["where"]) {
    share += where["share"].get<double>();
    critical += where["critical_share"].get<double>();
  }
  EXPECT_NEAR(share, 1, 1e-9);
  EXPECT_NEAR(critical, 1, 1e-9);
  EXPECT_EQ(body["where"][0]["what"], "dependency");
  EXPECT_EQ(body["where"][0]["name"], "postgresql shop");
  EXPECT_EQ(body["where"][0]["kind"], "database");
  EXPECT_GT(body["where"][0]["slow_calls"], 20);
  const json& slow = body["slow"];
  EXPECT_EQ(slow["requests"], 40);
  EXPECT_GE(slow["threshold_ns"], body["p90_ns"]);
  ASSERT_FALSE(slow["findings"].empty());
  EXPECT_EQ(slow["findings"][0]["kind"], "dependency");
  EXPECT_EQ(slow["findings"][0]["name"], "postgresql shop");
  EXPECT_EQ(slow["findings"][0]["value"], "");
  EXPECT_EQ(slow["findings"][0]["trace_id"].get<std::string>().size(), 32u);
}

TEST(Bottlenecks, LooksAtTheLatestTracesOfTheOperation) {
  MemoryStore store;
  for (uint64_t i = 1; i <= 20; ++i) {
    TraceMaker trace(i, kTraceStart + i * kSecond);
    // The later the longer; every other one is of the other operation.
    trace.add("shop", i % 2 == 0 ? "GET /a" : "GET /b", SpanKind::kServer, 0,
              static_cast<double>(i));
    store.add(trace.take());
  }
  const json body =
      answer_of(store, {{"service", "shop"}, {"operation", "GET /a"}, {"sample", "5"}});
  EXPECT_EQ(body["requests"], 5);
  EXPECT_EQ(body["p50_ns"], 16 * kMillisecond);
  EXPECT_EQ(body["p99_ns"], 20 * kMillisecond);
  EXPECT_EQ(answer_of(store, {{"service", "shop"}})["requests"], 20);
}

TEST(Bottlenecks, AServiceThatAnswersNobodyIsSeenByWhatItBegins) {
  MemoryStore store;
  TraceMaker trace(1);
  trace.add("job", "nightly", SpanKind::kInternal, 0, 100);
  trace.add("job", "step", SpanKind::kInternal, 0, 60, 1);
  store.add(trace.take());
  const json body = answer_of(store, {{"service", "job"}});
  EXPECT_EQ(body["requests"], 1);
  EXPECT_EQ(body["p50_ns"], 100 * kMillisecond);
  EXPECT_EQ(body["where"][0]["name"], "step");
  EXPECT_EQ(body["where"][0]["kind"], "");
  EXPECT_NEAR(body["where"][0]["share"], 0.6, 1e-9);
}

TEST(Bottlenecks, TooFewRequestsHaveNoSlowTenth) {
  MemoryStore store;
  fill(store, {Cause::kNone, 1, 40});
  EXPECT_EQ(answer_of(store, {{"service", "shop"}})["slow"]["requests"], 0);
  MemoryStore enough;
  fill(enough, {Cause::kNone, 1, 50});
  EXPECT_EQ(answer_of(enough, {{"service", "shop"}})["slow"]["requests"], 5);
}

/// Its latest trace claims to have more spans than one question may unpack.
class StoreWithHugeTrace : public MemoryStore {
 public:
  std::optional<Error> scan(TimeRange range, const TraceRow* before_row,
                            const std::function<bool(const TraceRow&)>& visit) override {
    bool first = before_row == nullptr;
    return MemoryStore::scan(range, before_row, [&](const TraceRow& stored) {
      TraceRow row = stored;
      if (first) row.spans = 100'000'000;
      first = false;
      return visit(row);
    });
  }
};

TEST(Bottlenecks, AHugeTraceIsLeftOutAndTheRestIsLookedAt) {
  StoreWithHugeTrace store;
  fill(store, {Cause::kNone, 1, 10});
  const json body = answer_of(store, {{"service", "shop"}});
  EXPECT_EQ(body["requests"], 9);
  EXPECT_EQ(body["complete"], false);
}

TEST(Bottlenecks, ASearchForWhatIsNotThereEnds) {
  MemoryStore store;
  fill(store, {Cause::kNone, 1, 100});
  const json body =
      answer_of(store, {{"service", "shop"}, {"operation", "nothing"}, {"sample", "2"}});
  EXPECT_EQ(body["requests"], 0);
  EXPECT_EQ(body["complete"], false);
  EXPECT_LE(store.loads, 25u);
}

TEST(Bottlenecks, ADamagedTraceIsOneLess) {
  MemoryStore store;
  fill(store, {Cause::kNone, 1, 10});
  store.damaged = {3};
  EXPECT_EQ(answer_of(store, {{"service", "shop"}})["requests"], 9);
}

TEST(Bottlenecks, NobodysRequestsAreNoError) {
  MemoryStore store;
  const json body = answer_of(store, {{"service", "shop"}});
  EXPECT_EQ(body["requests"], 0);
  EXPECT_EQ(body["p50_ns"], 0);
  EXPECT_EQ(body["where"], json::array());
  EXPECT_EQ(body["slow"]["requests"], 0);
  EXPECT_EQ(body["slow"]["findings"], json::array());
}

TEST(Bottlenecks, WithoutAServiceThereIsNothingToLookAt) {
  MemoryStore store;
  const QueryAnswer answer = ask(store, "bottlenecks", {});
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body["error"].get<std::string>().find("service"), std::string::npos);
  EXPECT_EQ(ask(store, "bottlenecks", {{"service", "shop"}, {"sample", "9999"}}).status, 400);
}

}  // namespace
}  // namespace seamtrace::collector::services
