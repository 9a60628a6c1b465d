#include "collector/query/traces/search.h"

#include <gtest/gtest.h>

#include "collector/query/language/parser.h"
#include "collector/query/testing/memory_store.h"
#include "collector/query/testing/trace_maker.h"

namespace seamtrace::collector::traces {
namespace {

using testing::kSecond;
using testing::kTraceStart;
using testing::MemoryStore;
using testing::TraceMaker;

class SearchTest : public ::testing::Test {
 protected:
  SearchTest() {
    for (uint64_t i = 1; i <= kTraces; ++i) {
      TraceMaker trace(i, kTraceStart + i * kSecond);
      trace.add(i % 2 == 0 ? "even" : "odd", "work", SpanKind::kServer, 0, 1);
      trace.set("number", static_cast<int64_t>(i)).set("third", i % 3 == 0);
      store_.add(trace.take());
    }
  }

  static SearchRequest request(const std::string& query, SearchLimits limits) {
    SearchRequest request;
    request.query = std::get<Query>(parse_query(query));
    request.limits = limits;
    return request;
  }

  /// A span of that name in a minute; minute 0 is the one before the first trace.
  void roll_up(uint64_t minute, const std::string& name) {
    Rollup rollup;
    rollup.operation = {"even", name, SpanKind::kServer, {}};
    rollup.minute_unix_s = kTraceStart / kSecond - 60 + 60 * minute;
    rollup.count = 1;
    store_.all_rollups.push_back(rollup);
  }

  /// Goes on until the end; the numbers found.
  std::vector<uint64_t> all(SearchRequest request) {
    std::vector<uint64_t> found;
    uint64_t last_searched = UINT64_MAX;
    for (rounds_ = 1; rounds_ < 10'000; ++rounds_) {
      const auto result = search(store_, request);
      EXPECT_TRUE(result);
      for (const TraceRow& row : result->rows) {
        found.push_back((row.start_unix_ns - kTraceStart) / kSecond);
        EXPECT_GE(row.start_unix_ns, result->searched_to_ns);
      }
      EXPECT_LT(result->searched_to_ns, last_searched);
      last_searched = result->searched_to_ns;
      if (!result->next) {
        EXPECT_TRUE(result->complete);
        break;
      }
      request.before = SearchPlace::parse(result->next->text());
    }
    return found;
  }

  static std::vector<uint64_t> expected(uint64_t divisor) {
    std::vector<uint64_t> numbers;
    for (uint64_t i = kTraces; i >= 1; --i)
      if (i % divisor == 0) numbers.push_back(i);
    return numbers;
  }

  static constexpr uint64_t kTraces = 1000;
  MemoryStore store_;
  int rounds_ = 0;
};

TEST_F(SearchTest, ALimitOfUnpackingIsNoEndOfTheSearch) {
  for (const uint64_t spans : {1, 7, 127, 128, 129, 400, 999, 1000, 1001}) {
    SearchRequest asked = request("third=true", {.rows = 1'000'000, .spans = spans});
    asked.most = 2000;
    EXPECT_EQ(all(asked), expected(3)) << spans;
    EXPECT_EQ(rounds_, static_cast<int>((kTraces - 1) / spans + 1)) << spans;
  }
}

TEST_F(SearchTest, ALimitOfRowsIsNoEndOfTheSearch) {
  for (const uint64_t rows : {1, 7, 128, 333, 999, 1000, 1001}) {
    SearchRequest asked = request("service=even", {.rows = rows, .spans = 1'000'000});
    asked.most = 2000;
    EXPECT_EQ(all(asked), expected(2)) << rows;
  }
}

TEST_F(SearchTest, PagesOfAnySizeGiveEachTraceOnce) {
  for (const uint64_t most : {1, 2, 100, 127, 128, 129, 333, 334, 1000}) {
    SearchRequest asked = request("third=true", {});
    asked.most = most;
    EXPECT_EQ(all(asked), expected(3)) << most;
  }
}

TEST_F(SearchTest, TracesOfTheSameStartAreNotLostBetweenPages) {
  MemoryStore store;
  for (uint64_t i = 1; i <= 10; ++i) {
    TraceMaker trace(i);
    trace.add("same", "work", SpanKind::kServer, 0, 1);
    store.add(trace.take());
  }
  SearchRequest asked = request("", {});
  asked.most = 3;
  std::set<int64_t> rows;
  for (int i = 0; i < 10; ++i) {
    const auto result = search(store, asked);
    for (const TraceRow& row : result->rows) EXPECT_TRUE(rows.insert(row.row).second);
    if (!result->next) break;
    asked.before = result->next;
  }
  EXPECT_EQ(rows.size(), 10u);
}

TEST_F(SearchTest, AnUnfinishedSearchSaysHowFarItCame) {
  const auto result = search(store_, request("number=1", {.rows = 1'000'000, .spans = 10}));
  EXPECT_FALSE(result->complete);
  EXPECT_TRUE(result->rows.empty());
  EXPECT_EQ(result->searched_to_ns, kTraceStart + (kTraces - 9) * kSecond);
}

TEST_F(SearchTest, MinutesInWhichNoSuchOperationBeganAreNotUnpacked) {
  // From the minute before on: the first one may be told in part only.
  for (uint64_t minute = 0; minute < 18; ++minute) roll_up(minute, minute == 6 ? "work" : "other");
  SearchRequest asked = request("name=work number>0", {});
  asked.most = 2000;
  asked.limits.spans_before_rollups = 0;
  EXPECT_EQ(search(store_, asked)->rows.size(), 60u);
  EXPECT_EQ(store_.loads, 60u);

  asked = request("name=work status=error number>0", {});
  asked.limits.spans_before_rollups = 0;
  EXPECT_EQ(search(store_, asked)->rows.size(), 0u);
  EXPECT_EQ(store_.loads, 60u);
}

TEST_F(SearchTest, MinutesThatRollUpsDoNotTellWhollyAreSearched) {
  SearchRequest asked = request("name=work number>0", {});
  asked.most = 2000;
  asked.limits.spans_before_rollups = 0;
  EXPECT_EQ(search(store_, asked)->rows.size(), kTraces) << "a file of format 0";
  roll_up(6, "other");
  EXPECT_EQ(search(store_, asked)->rows.size(), kTraces) << "the first minute is told in part";
  roll_up(3, "other");
  EXPECT_EQ(search(store_, asked)->rows.size(), kTraces - 60) << "no span of minute 6 can match";
}

TEST_F(SearchTest, ChangesAreBoundedToo) {
  SearchRequest asked = request("third=true", {.rows = 1'000'000, .spans = 10});
  asked.after_change = 0;
  const auto result = search(store_, asked);
  EXPECT_FALSE(result->complete);
  EXPECT_FALSE(result->next);
  EXPECT_EQ(result->change, kTraces);
  EXPECT_LE(store_.loads, 10u);
}

TEST(SearchPlaceTest, OnlyItsOwnTextIsAPlace) {
  EXPECT_EQ(SearchPlace::parse("17.4")->row, 4);
  for (const char* text : {"", ".", "1", "1.", ".1", "a.1", "1.b", "1.1x", "-1.1", "1.1.1"})
    EXPECT_FALSE(SearchPlace::parse(text)) << text;
}

}  // namespace
}  // namespace seamtrace::collector::traces
