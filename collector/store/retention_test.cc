// What is too old or too much leaves the file; what stays is whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "collector/store/database.h"
#include "collector/store/schema.h"
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

constexpr uint64_t kSecond = 1'000'000'000u, kMinute = 60 * kSecond, kDay = 24 * 60 * kMinute;

class RetentionTest : public testing::StoreFixture {
 protected:
  /// As if all that is in the file had come so long ago.
  void age(uint64_t seconds) {
    const auto database = store::Database::open(path_, store::Database::Mode::kWrite);
    ASSERT_TRUE(database);
    EXPECT_TRUE((*database)->run("INSERT OR REPLACE INTO arrival SELECT " +
                                 std::to_string(realtime_ns() / kSecond - seconds) +
                                 ", next_row FROM state"));
  }
  int64_t number(const std::string& sql) {
    const auto database = store::Database::open(path_, store::Database::Mode::kRead);
    EXPECT_TRUE(database);
    return database ? (*database)->integer(sql) : -1;
  }
};

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
    span.start_unix_ns = now - (i <= 2000 ? 120 : 1) * kMinute;
    span.end_unix_ns = span.start_unix_ns + 1;
    if (i == 2000) {
      write(*store, maker.take());
      age(7200);
    }
  }
  write(*store, maker.take());
  clean_all(*store);
  EXPECT_EQ(store->statistics().traces, 1000u);
  EXPECT_EQ(store->statistics().spans, 1000u);
  EXPECT_EQ(store->statistics().removed_traces, 2000u);
  EXPECT_EQ(store->statistics().oldest_unix_ns, now - kMinute);
  EXPECT_EQ(describe_all(*read()).size(), 1000u);
  EXPECT_FALSE(read()->find(trace_id(1)));
  EXPECT_EQ(read()->rollups({}, "")->size(), 1u);
}

TEST_F(RetentionTest, TheAgeOfATraceIsTheTimeSinceItCame) {
  options_.longest_age_s = 3600;
  const auto store = open();
  const uint64_t now = realtime_ns();
  BatchMaker maker;
  const auto add = [&](uint64_t trace, uint64_t span, uint64_t start) {
    maker.add(trace, span, span == trace ? 0 : trace).start_unix_ns = start;
    maker.last().end_unix_ns = start + 1000;
  };
  add(1, 1, now);
  add(1, 2, 5 * kSecond);  // a child of 1970
  add(3, 3, now - 8 * kDay);
  add(4, 4, now + 365 * kDay);
  write(*store, maker.take());
  clean_all(*store);
  EXPECT_EQ(store->statistics().traces, 3u);
  ASSERT_TRUE(read()->find(trace_id(1)));
  EXPECT_EQ(read()->find(trace_id(1))->spans, 2u);
  // Whatever their clocks say, they go an hour later.
  age(3700);
  add(5, 5, now);
  write(*store, maker.take());
  clean_all(*store);
  EXPECT_EQ(store->statistics().traces, 1u);
  EXPECT_TRUE(read()->find(trace_id(5)));
}

TEST_F(RetentionTest, WhenATraceCameIsNotedWhileTheStoreIsCleaned) {
  options_.longest_age_s = 3600;
  auto store = open();
  BatchMaker maker;
  maker.add(1, 1);
  write(*store, maker.take());
  clean_all(*store);
  EXPECT_EQ(number("SELECT row FROM arrival"), 2);
  clean_all(*store);
  EXPECT_EQ(number("SELECT count(*) FROM arrival"), 1);
  // A clock that ran ahead and was set back.
  age(0);
  const auto database = store::Database::open(path_, store::Database::Mode::kWrite);
  ASSERT_TRUE((*database)->run("UPDATE arrival SET second = second + 1000000"));
  clean_all(*store);
  EXPECT_EQ(number("SELECT count(*) FROM arrival"), 1);
  EXPECT_LE(number("SELECT second FROM arrival"), static_cast<int64_t>(realtime_ns() / kSecond));
}

TEST_F(RetentionTest, AClockThatRunsAheadDoesNotDriveOthersOut) {
  options_.most_bytes = 1 << 20;
  const auto store = open();
  Traffic ahead({realtime_ns() + 365 * kDay, 100, 7});
  for (int i = 0; i < 20; ++i) {
    write(*store, ahead.batch(2000));
    clean_all(*store);
  }
  ASSERT_GT(store->statistics().removed_traces, 0u);
  Traffic right({realtime_ns() - 3600 * kSecond, 100, 8});
  for (int i = 0; i < 20; ++i) {
    write(*store, right.batch(2000));
    clean_all(*store);
  }
  EXPECT_GT(store->statistics().traces, 100u);
  EXPECT_LT(number("SELECT max(start) FROM trace"), static_cast<int64_t>(realtime_ns()));
}

TEST_F(RetentionTest, NoNameAndNoResourceDrivesTheTracesOut) {
  options_.most_bytes = 1 << 20;
  const auto store = open();
  clean_all(*store);
  BatchMaker maker;
  const std::string big(2 << 20, 'x');
  const uint64_t now = realtime_ns();
  uint64_t id = 0;
  const auto write_one = [&](const std::string& service, const std::string& name) -> Span& {
    ++id;
    Span& span = maker.add(id, id, 0, SpanKind::kClient, service, name);
    span.start_unix_ns = now;
    span.end_unix_ns = now + 1000;
    return span;
  };
  for (int kind = 0; kind < 6; ++kind) {
    for (int i = 0; i < 12; ++i) {
      const std::string other = std::to_string(i) + big;
      Span& span = write_one(kind == 0 ? other : "shop", kind == 1 ? other : "GET");
      if (kind == 2) maker.attribute(span, "server.address", std::string_view(other));
      if (kind == 3) maker.attribute(span, "db.system.name", std::string_view(other));
      if (kind == 4) maker.attribute(span, other, true);
      if (kind == 5) {
        const auto resource = std::make_shared<Resource>();
        resource->set("service.name", "shop");
        resource->set("big", std::string_view(other));
        span.resource = resource;
      }
      write(*store, maker.take());
      clean_all(*store);
    }
    const uint64_t first = id + 1;
    for (int i = 0; i < 10; ++i) write_one("shop", "GET");
    write(*store, maker.take());
    clean_all(*store);
    for (uint64_t one = first; one <= id; ++one) {
      EXPECT_TRUE(read()->find(trace_id(one))) << "kind " << kind;
    }
    EXPECT_LE(store->statistics().bytes, options_.most_bytes) << "kind " << kind;
    EXPECT_LT(number("SELECT sum(length(data)) FROM entry"), 400'000) << "kind " << kind;
  }
}

TEST_F(RetentionTest, ManyResourcesDoNotDriveTheTracesOut) {
  options_.most_bytes = 1 << 20;
  const auto store = open();
  clean_all(*store);
  BatchMaker maker;
  for (uint64_t i = 1; i <= 3000; ++i) {
    const std::string service = "service " + std::to_string(i) + std::string(300, 'x');
    Span& span = maker.add(i, i, 0, SpanKind::kServer, service, "GET");
    span.start_unix_ns = realtime_ns();
    span.end_unix_ns = span.start_unix_ns + 1000;
    if (i % 10 != 0) continue;
    write(*store, maker.take());
    clean_all(*store);
    ASSERT_TRUE(read()->find(trace_id(i)));
  }
  EXPECT_GT(store->statistics().traces, 50u);
  EXPECT_LE(store->statistics().bytes, options_.most_bytes);
  EXPECT_EQ(describe_all(*read()).size(), store->statistics().spans);
}

TEST_F(RetentionTest, AResourceThatIsTooLongKeepsWhatItIsKnownBy) {
  const auto store = open();
  BatchMaker maker;
  const auto resource = std::make_shared<Resource>();
  const std::string big(200'000, 'y');
  resource->set("first", std::string_view(big));
  resource->set(big, "a key");
  resource->set("service.name", "shop");
  resource->set("process.pid", int64_t{7});
  maker.add(1, 1).resource = resource;
  write(*store, maker.take());
  const auto list = read()->load(read()->find(trace_id(1))->row);
  ASSERT_TRUE(list);
  const Resource& kept = *list->spans[0].resource;
  EXPECT_EQ(kept.service_name(), "shop");
  EXPECT_EQ(kept.text("first"), std::string(1024, 'y'));
  EXPECT_EQ(kept.attributes().size(), 4u);  // the mark, no long key
  EXPECT_EQ(read()->find(trace_id(1))->root_service, "shop");
}

TEST_F(RetentionTest, RollupsTakeNoMoreThanTheirShare) {
  options_.most_bytes = 1 << 20;
  const auto store = open();
  BatchMaker maker;
  const uint64_t now = realtime_ns();
  uint64_t id = 0;
  for (uint64_t minute = 60; minute > 0; --minute) {
    for (uint64_t i = 0; i < 300; ++i) {
      ++id;
      Span& span = maker.add(id, id, 0, SpanKind::kServer, "shop", "GET /" + std::to_string(i));
      span.start_unix_ns = now - minute * kMinute;
      span.end_unix_ns = span.start_unix_ns + 1000 * i;
    }
    write(*store, maker.take());
    clean_all(*store);
    ASSERT_GT(store->statistics().traces, 150u) << minute;
  }
  EXPECT_LE(store->statistics().bytes, options_.most_bytes);
  EXPECT_GT(number("SELECT count(*) FROM rollup"), 1000);
  EXPECT_EQ(number("SELECT rollup_bytes FROM state"),
            number("SELECT sum(" + std::string(store::kRollupBytes) + ") FROM rollup"));
  // The oldest go first, and those of a clock that runs ahead before them.
  EXPECT_EQ(number("SELECT max(minute) FROM rollup"),
            static_cast<int64_t>((now - kMinute) / kMinute));
}

TEST_F(RetentionTest, AFileOfFormat1IsMigrated) {
  auto store = open();
  Traffic traffic({realtime_ns() - 60 * kSecond, 100, 7});
  const BatchPtr batch = traffic.batch(3000);
  write(*store, batch);
  const int64_t bytes = number("SELECT rollup_bytes FROM state");
  EXPECT_GT(bytes, 0);
  store.reset();
  {
    const auto database = store::Database::open(path_, store::Database::Mode::kWrite);
    ASSERT_TRUE(
        (*database)->run("DROP TABLE arrival; UPDATE entry SET used = 0;"
                         "ALTER TABLE state DROP COLUMN rollup_bytes;"
                         "PRAGMA user_version = 1"));
  }
  store = open();
  clean_all(*store);
  EXPECT_EQ(number("SELECT rollup_bytes FROM state"), bytes);
  EXPECT_EQ(describe_all(*read()), describe_all({batch}));
  const BatchPtr more = traffic.batch(3000);
  write(*store, more);
  clean_all(*store);
  EXPECT_EQ(describe_all(*read()), describe_all({batch, more}));
}

TEST_F(RetentionTest, AFileOfFormat1ThatItsEntriesFilledTakesTracesAgain) {
  options_.most_bytes = 1 << 20;
  auto store = open();
  BatchMaker maker;
  maker.add(1, 1).start_unix_ns = realtime_ns();
  write(*store, maker.take());
  store.reset();
  {
    const auto database = store::Database::open(path_, store::Database::Mode::kWrite);
    ASSERT_TRUE((*database)->run(
        "DROP TABLE arrival; UPDATE entry SET used = 0;"
        "ALTER TABLE state DROP COLUMN rollup_bytes; PRAGMA user_version = 1;"
        "INSERT INTO entry SELECT next_entry, 2, zeroblob(3000000), 0, 1 FROM state;"
        "UPDATE state SET next_entry = next_entry + 1"));
  }
  store = open();
  clean_all(*store);
  maker.add(2, 2).start_unix_ns = realtime_ns();
  write(*store, maker.take());
  clean_all(*store);
  EXPECT_TRUE(read()->find(trace_id(2)));
  EXPECT_LE(store->statistics().bytes, options_.most_bytes);
}

TEST_F(RetentionTest, WhatIsStillUsedStaysInTheDictionary) {
  options_.most_bytes = 1 << 20;
  auto store = open();
  Traffic traffic({realtime_ns() - 3600 * kSecond, 100, 3});
  BatchMaker maker;
  for (int i = 0; i < 60; ++i) {
    const BatchPtr batch = traffic.batch(500);
    write(*store, batch);
    // Services and attributes that come and go, some of them for traces that are there already.
    for (uint64_t j = 0; j < 20; ++j) {
      const uint64_t trace = 100'000 + static_cast<uint64_t>(i) * 10 + j;
      const std::string service = "service " + std::to_string((i + j) % 7 + i / 9 * 7);
      Span& span = maker.add(trace, static_cast<uint64_t>(i) * 100 + j, 0, SpanKind::kServer,
                             service, "GET " + service);
      maker.attribute(span, "key of " + service, std::string_view(service));
    }
    write(*store, maker.take());
    clean_all(*store);
    if (i % 10 == 9) {
      store.reset();
      store = open();
    }
    // Fails on any trace that cannot be read.
    ASSERT_EQ(describe_all(*read()).size(), store->statistics().spans) << i;
    ASSERT_TRUE(read()->rollups({}, ""));
  }
  EXPECT_GT(store->statistics().removed_traces, 1000u);
  EXPECT_GT(number("SELECT min(id) FROM entry WHERE kind = 1"), 1);
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
  age(7200);
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
  age(7200);
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
