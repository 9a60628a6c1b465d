#include "collector/store/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "collector/store/testing/span_maker.h"
#include "collector/store/testing/store_fixture.h"

namespace seamtrace::collector {
namespace {

using testing::BatchMaker;
using testing::describe_all;
using testing::kBegin;
using testing::RandomSpans;
using testing::trace_id;

using StoreTest = testing::StoreFixture;

TEST_F(StoreTest, EverythingOfASpanComesBack) {
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    RandomSpans random(seed);
    path_ = folder_.file("random" + std::to_string(seed));
    const auto store = open();
    std::vector<BatchPtr> batches;
    for (int i = 0; i < 4; ++i) batches.push_back(random.batch(20, 1, 60));
    ASSERT_FALSE(store->write({batches[0], batches[1]}));
    ASSERT_FALSE(store->write({batches[2]}));
    ASSERT_FALSE(store->write({batches[3]}));
    EXPECT_EQ(describe_all(*read()), describe_all(batches)) << "seed " << seed;
  }
}

TEST_F(StoreTest, SpansThatComeLateJoinTheirTrace) {
  RandomSpans random(9);
  const BatchPtr all = random.batch(10, 30, 90);
  // A few spans at a time, and now and then by a store that was opened anew.
  auto store = open();
  BatchMaker part;
  size_t count = 0;
  for (const Span& span : all->list.spans) {
    part.add_copy(span);
    if (++count % 7 == 0) write(*store, part.take());
    if (count % 100 == 0) {
      store.reset();
      store = open();
    }
  }
  write(*store, part.take());
  EXPECT_EQ(describe_all(*read()), describe_all({all}));
  EXPECT_EQ(store->statistics().traces, 10u);
  EXPECT_EQ(store->statistics().spans, all->list.spans.size());
}

TEST_F(StoreTest, ASpanThatComesTwiceIsKeptAndCountedOnce) {
  RandomSpans random(4);
  const BatchPtr all = random.batch(10, 5, 40);
  auto store = open();
  ASSERT_FALSE(store->write({all, all}));
  write(*store, all);
  store.reset();
  store = open();
  write(*store, all);
  EXPECT_EQ(describe_all(*read()), describe_all({all}));
  EXPECT_EQ(store->statistics().duplicates, 3 * all->list.spans.size());
  uint64_t counted = 0;
  const auto rollups = read()->rollups({}, "");
  for (const Rollup& rollup : *rollups) counted += rollup.count;
  EXPECT_EQ(counted, all->list.spans.size());
}

TEST_F(StoreTest, AVeryLongTraceGrowsSpanBySpan) {
  RandomSpans random(6);
  const BatchPtr all = random.batch(1, 20'000, 20'000);
  auto store = open();
  BatchMaker part;
  size_t count = 0;
  for (const Span& span : all->list.spans) {
    part.add_copy(span);
    if (++count % 500 == 0) write(*store, part.take());
    if (count == 9'000) {
      store.reset();
      store = open();
    }
  }
  EXPECT_EQ(describe_all(*read()), describe_all({all}));
  EXPECT_EQ(store->statistics().traces, 1u);
}

TEST_F(StoreTest, NamesWithoutEndAreCountedTogetherAndKeptApart) {
  constexpr uint64_t kNames = 45'000;
  const auto store = open();
  BatchMaker maker;
  for (uint64_t i = 1; i <= kNames; ++i) {
    Span& span = maker.add(1 + i / 10, i, 0, SpanKind::kClient, "shop", "job " + std::to_string(i));
    maker.attribute(span, "server.address", std::string_view("host" + std::to_string(i)));
    if (i % 5000 == 0) write(*store, maker.take());
  }
  const auto reader = read();
  const auto rollups = reader->rollups({}, "");
  ASSERT_TRUE(rollups);
  uint64_t counted = 0;
  for (const Rollup& rollup : *rollups) counted += rollup.count;
  EXPECT_EQ(counted, kNames);
  EXPECT_LT(rollups->size(), kNames / 2);
  EXPECT_LT(reader->edges({})->size(), kNames / 2);
  const Result<SpanList> last = reader->load(reader->find(trace_id(1 + kNames / 10))->row);
  EXPECT_EQ(last->spans.back().name, "job " + std::to_string(kNames));
}

TEST_F(StoreTest, ScanningGoesByStartAndCanBeTakenUpAgain) {
  const auto store = open();
  BatchMaker maker;
  constexpr uint64_t kSecond = 1'000'000'000;
  for (uint64_t i = 1; i <= 50; ++i) {
    Span& span = maker.add(i, i);
    span.start_unix_ns = kBegin + i / 2 * kSecond;  // two of each start
    span.end_unix_ns = span.start_unix_ns + kSecond / 2;
  }
  // They began before, and reach into the range.
  maker.add(51, 51).start_unix_ns = kBegin - 5 * kSecond;
  maker.last().end_unix_ns = kBegin + 10 * kSecond;
  maker.add(52, 52).start_unix_ns = kBegin - 3600 * kSecond;
  maker.last().end_unix_ns = kBegin + 20 * kSecond;
  write(*store, maker.take());
  const auto reader = read();
  const TimeRange range{kBegin + 8 * kSecond, kBegin + 15 * kSecond};
  std::vector<TraceRow> whole;
  ASSERT_FALSE(reader->scan(range, nullptr, [&](const TraceRow& row) {
    whole.push_back(row);
    return true;
  }));
  ASSERT_EQ(whole.size(), 7u * 2 + 2);
  EXPECT_EQ(whole[14].trace_id, trace_id(51));
  EXPECT_EQ(whole[15].trace_id, trace_id(52));
  std::vector<int64_t> parts;
  std::optional<TraceRow> before;
  for (bool more = true; more;) {
    int count = 0;
    ASSERT_FALSE(reader->scan(range, before ? &*before : nullptr, [&](const TraceRow& row) {
      parts.push_back(row.row);
      before = row;
      return ++count < 3;
    }));
    more = count == 3;
  }
  ASSERT_EQ(parts.size(), whole.size());
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(parts[i], whole[i].row);
    if (i > 0) {
      EXPECT_LE(whole[i].start_unix_ns, whole[i - 1].start_unix_ns);
    }
  }
}

TEST_F(StoreTest, WhatHasChangedIsToldLatestFirst) {
  const auto store = open();
  BatchMaker maker;
  for (uint64_t i = 1; i <= 5; ++i) {
    maker.add(i, i);
    write(*store, maker.take());
  }
  const auto reader = read();
  const uint64_t change = reader->change();
  maker.add(2, 100, 2);
  write(*store, maker.take());
  std::vector<TraceId> changed;
  const auto note = [&](const TraceRow& row) {
    changed.push_back(row.trace_id);
    return true;
  };
  ASSERT_FALSE(reader->scan_changes(change, note));
  EXPECT_EQ(changed, std::vector{trace_id(2)});
  EXPECT_GT(reader->change(), change);
  changed.clear();
  ASSERT_FALSE(reader->scan_changes(0, note));
  EXPECT_EQ(changed,
            (std::vector{trace_id(2), trace_id(5), trace_id(4), trace_id(3), trace_id(1)}));
}

TEST_F(StoreTest, KeysAndValuesOfAttributesAreListedByFrequency) {
  const auto store = open();
  BatchMaker maker;
  for (uint64_t i = 1; i <= 20; ++i) {
    Span& span = maker.add(i, i);
    maker.attribute(span, "often", std::string_view(i % 4 == 0 ? "rare" : "usual"));
    if (i == 7) maker.attribute(span, "seldom", int64_t{7});
  }
  write(*store, maker.take());
  const auto reader = read();
  const auto keys = reader->attribute_keys();
  ASSERT_TRUE(keys);
  const auto place = [&](const char* key) { return std::find(keys->begin(), keys->end(), key); };
  EXPECT_EQ(keys->front(), "often");
  EXPECT_NE(place("seldom"), keys->end());
  EXPECT_NE(place("service.name"), keys->end());
  EXPECT_EQ(*reader->attribute_values("often", 10), (std::vector<std::string>{"usual", "rare"}));
  EXPECT_EQ(*reader->attribute_values("often", 1), (std::vector<std::string>{"usual"}));
  EXPECT_EQ(*reader->attribute_values("seldom", 9), (std::vector<std::string>{"7"}));
  EXPECT_EQ(*reader->attribute_values("service.name", 9), (std::vector<std::string>{"shop"}));
}

TEST_F(StoreTest, SpansOfOneProcessShareTheirResource) {
  const auto store = open();
  BatchMaker maker;
  for (uint64_t i = 1; i <= 3; ++i) maker.add(1, i);
  maker.add(2, 9);
  write(*store, maker.take());
  const auto reader = read();
  const Result<SpanList> first = reader->load(reader->find(trace_id(1))->row);
  const Result<SpanList> second = reader->load(reader->find(trace_id(2))->row);
  EXPECT_EQ(first->spans[0].resource, first->spans[2].resource);
  EXPECT_EQ(first->spans[0].resource, second->spans[0].resource);
}

TEST_F(StoreTest, ARowTellsOfTheTrace) {
  const auto store = open();
  BatchMaker maker;
  Span& root = maker.add(1, 1, 0, SpanKind::kServer, "web", "GET /");
  root.end_unix_ns = root.start_unix_ns + 5'000'000;
  maker.attribute(root, "http.response.status_code", int64_t{503});
  root.status = StatusCode::kError;
  maker.add(1, 2, 1, SpanKind::kClient, "web", "GET");
  maker.add(1, 3, 2, SpanKind::kServer, "cart", "GET /cart");
  maker.add(2, 4, 99, SpanKind::kServer, "cart", "GET /cart");
  write(*store, maker.take());
  const auto reader = read();
  const std::optional<TraceRow> row = reader->find(trace_id(1));
  ASSERT_TRUE(row);
  EXPECT_EQ(row->trace_id, trace_id(1));
  EXPECT_EQ(row->root_service, "web");
  EXPECT_EQ(row->root_name, "GET /");
  EXPECT_EQ(row->root_kind, SpanKind::kServer);
  EXPECT_EQ(row->root_status, StatusCode::kError);
  EXPECT_EQ(row->http_status, 503);
  EXPECT_TRUE(row->root_is_here);
  EXPECT_EQ(row->spans, 3u);
  EXPECT_EQ(row->errors, 1u);
  EXPECT_EQ(row->end_unix_ns - row->start_unix_ns, 5'000'000u);
  EXPECT_EQ(row->services, (std::vector<std::string>{"cart", "web"}));
  EXPECT_FALSE(reader->find(trace_id(2))->root_is_here);
  EXPECT_FALSE(reader->find(trace_id(3)));
}

TEST_F(StoreTest, FileAndFolderAreTheUsersAlone) {
  const auto store = open();
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(stat((path_ + "-wal").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(folder_.file("traces").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

}  // namespace
}  // namespace seamtrace::collector
