#include "collector/query/question.h"

#include <gtest/gtest.h>

#include "collector/query/query_api.h"
#include "collector/query/testing/memory_store.h"

namespace seamtrace::collector {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kNow = 1'700'000'000 * kSecond;
using Parameters = std::map<std::string, std::string>;

std::pair<uint64_t, uint64_t> period(const Parameters& parameters) {
  const auto range = Question{parameters, kNow}.period();
  if (!range) return {0, 0};
  return {range->since_ns, range->until_ns};
}
using Pair = std::pair<uint64_t, uint64_t>;

TEST(QuestionTest, WithoutAPeriodTheLastHourIsMeant) {
  EXPECT_EQ(period({}), Pair(kNow - 3600 * kSecond, kNow));
}

TEST(QuestionTest, APeriodIsGivenByAgesOrMicroseconds) {
  EXPECT_EQ(period({{"since", "15m"}}), Pair(kNow - 900 * kSecond, kNow));
  EXPECT_EQ(period({{"since", "2h"}, {"until", "90s"}}),
            Pair(kNow - 7200 * kSecond, kNow - 90 * kSecond));
  EXPECT_EQ(period({{"since", "7d"}}), Pair(kNow - 7 * 86400 * kSecond, kNow));
  EXPECT_EQ(period({{"since", "1699999999000000"}}), Pair(kNow - kSecond, kNow));
  EXPECT_EQ(period({{"until", "1h"}}), Pair(kNow - 7200 * kSecond, kNow - 3600 * kSecond));
  EXPECT_EQ(period({{"since", "0"}, {"until", "18446744073709551615"}}), Pair(0, UINT64_MAX));
}

TEST(QuestionTest, ABadPeriodIsRefused) {
  for (const char* text : {"", "m", "5", "x5m", "5 m", "-5m", "1.5h", "5y"}) {
    if (std::string(text) == "5") continue;  // five microseconds after 1970
    EXPECT_EQ(period({{"since", text}}), Pair(0, 0)) << text;
  }
  EXPECT_EQ(period({{"since", "1m"}, {"until", "2m"}}), Pair(0, 0));
}

TEST(QuestionTest, NumbersAndChoicesAreChecked) {
  const Parameters parameters = {{"a", "7"}, {"b", "x"}, {"c", ""}, {"d", "server"}};
  const Question question{parameters, kNow};
  EXPECT_EQ(*question.number("a", 1, 0, 10), 7u);
  EXPECT_FALSE(question.number("a", 1, 8, 10));
  EXPECT_FALSE(question.number("b", 1, 0, 10));
  EXPECT_EQ(*question.number("c", 5, 0, 10), 5u);
  EXPECT_EQ(*question.choice("d", {"client", "server"}), "server");
  EXPECT_EQ(*question.choice("e", {"client", "server"}), "client");
  EXPECT_FALSE(question.choice("b", {"client", "server"}));
  EXPECT_EQ(*question.kind("d"), SpanKind::kServer);
  EXPECT_FALSE(*question.kind());
  EXPECT_FALSE(question.kind("a"));
}

TEST(QuestionTest, TextIsBounded) {
  const Parameters parameters = {{"a", std::string(kLongestParameter + 1, 'x')}};
  EXPECT_FALSE(Question({parameters, kNow}).text("a"));
  EXPECT_EQ(*Question({parameters, kNow}).text("b", "else"), "else");
}

TEST(QueryApiTest, EveryQuestionOfThePageIsAnswered) {
  testing::MemoryStore store;
  QueryApi api(store);
  for (const char* path : {"traces", "complete", "services", "operations", "databases", "map"})
    EXPECT_EQ(api.get(path, {}, kNow).status, 200) << path;
  // These want to know more.
  for (const char* path : {"series", "compare", "bottlenecks"})
    EXPECT_NE(api.get(path, {}, kNow).status, 404) << path;
}

TEST(QueryApiTest, OtherQuestionsAreNotFound) {
  testing::MemoryStore store;
  QueryApi api(store);
  const std::string id(32, 'a');
  for (const std::string& path :
       {std::string(), std::string("nothing"), std::string("traces/"), "trace/" + id + "/more",
        "trace/" + id, "trace/" + id + "/otlp", "trace/" + id + "/typical"}) {
    const QueryAnswer answer = api.get(path, {}, kNow);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_TRUE(answer.body["error"].is_string());
  }
  EXPECT_EQ(api.get("trace/", {}, kNow).status, 400);
}

}  // namespace
}  // namespace seamtrace::collector
