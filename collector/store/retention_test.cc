// What is too old or too much leaves the file; what stays is whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "collector/store/database.h"
#include "collector/store/dictionary.h"
#include "collector/store/testing/span_maker.h"
#include "collector/store/testing/store_fixture.h"
#include "collector/store/testing/traffic.h"
#include "collector/support/clock.h"

namespace seamtrace::collector {
namespace {

using testing::BatchMaker;
using testing::describe_all;
using testing::trace_id;
using testing::Traffic;

using RetentionTest = testing::StoreFixture;

void clean_all(Store& store) {
  int slices = 0;
  while (store.clean()) ASSERT_LT(++slices, 100'000);
}

TEST_F(RetentionTest, OldTracesAndRollupsGo) {
  options_.longest_age_s = 3600;
  const auto store = open();
  BatchMaker maker;
  const uint64_t now = realtime_ns();
  for (uint64_t i = 1; i <= 3000; ++i) {
    Span& span = maker.add(i, i);
    span.start_unix_ns = i <= 2000 ? now - 2 * 3'600'000'000'000u : now - 60'000'000'000u;
    span.end_unix_ns = span.start_unix_ns + 1;
  }
  write(*store, maker.take());
  clean_all(*store);
  EXPECT_EQ(store->statistics().traces, 1000u);
  EXPECT_EQ(store->statistics().spans, 1000u);
  EXPECT_EQ(store->statistics().removed_traces, 2000u);
  EXPECT_EQ(store->statistics().oldest_unix_ns, now - 60'000'000'000u);
  EXPECT_EQ(describe_all(*read()).size(), 1000u);
  EXPECT_FALSE(read()->find(trace_id(1)));
  EXPECT_EQ(read()->rollups({}, "")->size(), 1u);
}

TEST_F(RetentionTest, TheFileStaysWithinItsLimitAndTheNewestStay) {
  options_.most_bytes = 6 << 20;
  const auto store = open();
  Traffic traffic({realtime_ns() - 3'600'000'000'000u, 100, 7});
  uint64_t most = 0;
  for (int i = 0; i < 120; ++i) {
    write(*store, traffic.batch(2000));
    clean_all(*store);
    most = std::max(most, store->statistics().bytes);
  }
  EXPECT_LE(most, options_.most_bytes);
  const StoreStatistics statistics = store->statistics();
  EXPECT_GT(statistics.removed_traces, statistics.traces);
  EXPECT_GT(statistics.spans, 10'000u);
  EXPECT_EQ(describe_all(*read()).size(), statistics.spans);
  // The oldest went: what is left begins later than what was written first.
  EXPECT_GT(statistics.oldest_unix_ns, realtime_ns() - 3'500'000'000'000u);
}

TEST_F(RetentionTest, TheFileShrinksWhenTheLimitDoes) {
  auto store = open();
  Traffic traffic({realtime_ns() - 600'000'000'000u, 1000, 7});
  for (int i = 0; i < 20; ++i) write(*store, traffic.batch(5000));
  store.reset();
  const uint64_t before = std::filesystem::file_size(path_);
  options_.most_bytes = before / 3;
  store = open();
  clean_all(*store);
  store.reset();
  EXPECT_LE(std::filesystem::file_size(path_), options_.most_bytes);
  store = open();
  EXPECT_EQ(describe_all(*read()).size(), store->statistics().spans);
  EXPECT_GT(store->statistics().spans, 5000u);
}

TEST_F(RetentionTest, ALateSpanOfARemovedTraceBeginsItAnew) {
  options_.longest_age_s = 3600;
  const auto store = open();
  BatchMaker maker;
  Span& old = maker.add(1, 1);
  old.start_unix_ns = 1'000'000'000'000'000'000u;
  write(*store, maker.take());
  clean_all(*store);
  EXPECT_EQ(store->statistics().traces, 0u);
  maker.add(1, 2, 1).start_unix_ns = realtime_ns();
  write(*store, maker.take());
  ASSERT_TRUE(read()->find(trace_id(1)));
  EXPECT_EQ(read()->find(trace_id(1))->spans, 1u);
}

TEST_F(RetentionTest, WhatNoTraceRefersToLeavesTheDictionary) {
  options_.longest_age_s = 3600;
  const uint64_t now = realtime_ns();
  BatchMaker maker;
  const auto add = [&](uint64_t trace, const std::string& key, uint64_t start) {
    Span& span = maker.add(trace, trace, 0, SpanKind::kServer, "shop", "GET");
    span.start_unix_ns = start;
    span.end_unix_ns = start + 1000;
    maker.attribute(span, key, std::string_view("a value"));
  };
  auto store = open();
  for (uint64_t i = 1; i <= 50; ++i) add(i, "old.key", now - 7'200'000'000'000u);
  for (uint64_t i = 51; i <= 100; ++i) add(i, "both.key", now - 7'200'000'000'000u);
  write(*store, maker.take());
  store.reset();
  {
    // As if very many traces had come in between.
    const auto database = store::Database::open(path_, store::Database::Mode::kWrite);
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->run("UPDATE state SET next_row = " +
                                 std::to_string(2 * store::kRowsPerEpoch)));
  }
  store = open();
  for (uint64_t i = 101; i <= 150; ++i) add(i, i % 2 == 0 ? "both.key" : "new.key", now - 1000);
  const BatchPtr young = maker.take();
  write(*store, young);
  clean_all(*store);
  const auto keys = read()->attribute_keys();
  const auto has = [&](const char* key) { return std::ranges::count(*keys, key) > 0; };
  EXPECT_FALSE(has("old.key"));
  EXPECT_TRUE(has("both.key"));
  EXPECT_TRUE(has("new.key"));
  EXPECT_EQ(describe_all(*read()), describe_all({young}));
  // What is gone may come again, in this store and in one that is opened anew.
  for (uint64_t i = 201; i <= 250; ++i) add(i, "old.key", now - 500);
  const BatchPtr again = maker.take();
  write(*store, again);
  EXPECT_EQ(describe_all(*read()), describe_all({young, again}));
  store.reset();
  store = open();
  write(*store, again);
  EXPECT_EQ(describe_all(*read()), describe_all({young, again}));
}

}  // namespace
}  // namespace seamtrace::collector
