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
