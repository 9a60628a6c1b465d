// Roll-ups and edges, as a reader sees them.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "collector/store/peer.h"
#include "collector/store/testing/span_maker.h"
#include "collector/store/testing/store_fixture.h"

namespace seamtrace::collector {
namespace {

using testing::BatchMaker;
using testing::kBegin;
using testing::make_resource;
using testing::RandomSpans;
using testing::trace_id;

using RollupTest = testing::StoreFixture;

constexpr uint64_t kMinute = 60'000'000'000u;

/// Edges without what depends on the order in which spans came.
std::vector<std::string> edges_of(StoreReader& reader) {
  std::vector<std::string> lines;
  const auto edges = reader.edges({});
  EXPECT_TRUE(edges);
  for (const EdgeRollup& edge : *edges) {
    std::string line = edge.from + " -> " + std::string(node_kind_name(edge.to.kind)) + " " +
                       edge.to.system + " '" + edge.to.name + "' at " +
                       std::to_string(edge.minute_unix_s) + ": " + std::to_string(edge.count) +
                       " " + std::to_string(edge.errors) + " " + std::to_string(edge.total_ns) +
                       " " + std::to_string(edge.hits) + " " + std::to_string(edge.misses);
    for (const auto& [bucket, count] : edge.durations.buckets()) {
      line += " " + std::to_string(bucket) + ":" + std::to_string(count);
    }
    lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<EdgeRollup> read_edges(StoreReader& reader) {
  auto edges = reader.edges({});
  EXPECT_TRUE(edges);
  return edges ? std::move(*edges) : std::vector<EdgeRollup>{};
}

TEST_F(RollupTest, AnOperationIsCountedByMinute) {
  const auto store = open();
  BatchMaker maker;
  for (uint64_t i = 1; i <= 100; ++i) {
    Span& span = maker.add(i, i, 0, SpanKind::kServer, "web", "GET /");
    span.start_unix_ns = kBegin - kBegin % kMinute + (i <= 60 ? 0 : kMinute);
    span.end_unix_ns = span.start_unix_ns + i * 1'000'000;
    if (i % 10 == 0) span.status = StatusCode::kError;
  }
  write(*store, maker.take());
  const auto all = read()->rollups({}, "");
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2u);
  const Rollup& first = (*all)[0];
  EXPECT_EQ(first.operation, (OperationKey{"web", "GET /", SpanKind::kServer, {}}));
  EXPECT_EQ(first.minute_unix_s, kBegin / kMinute * 60);
  EXPECT_EQ(first.count, 60u);
  EXPECT_EQ(first.errors, 6u);
  EXPECT_EQ(first.total_ns, 60u * 61 / 2 * 1'000'000);
  EXPECT_EQ(first.slowest, trace_id(60));
  EXPECT_EQ(first.slowest_ns, 60'000'000u);
  EXPECT_EQ(first.error, trace_id(60));
  EXPECT_NEAR(static_cast<double>(first.durations.percentile(0.5)), 30e6, 1e6);
  EXPECT_EQ(first.error_durations.count(), 6u);
  EXPECT_EQ((*all)[1].minute_unix_s, first.minute_unix_s + 60);

  const uint64_t begin = kBegin / kMinute * kMinute;
  EXPECT_EQ(read()->rollups({begin, begin + kMinute}, "")->size(), 1u);
  EXPECT_EQ(read()->rollups({begin + kMinute, UINT64_MAX}, "web")->size(), 1u);
  EXPECT_EQ(read()->rollups({}, "other")->size(), 0u);
}

TEST_F(RollupTest, TheOtherEndOfAClientSpanIsFoundByItsAttributes) {
  using Attributes = std::vector<std::pair<std::string_view, Value>>;
  const auto peer = [](SpanKind kind, const Attributes& attributes) {
    BatchMaker maker;
    Span& span = maker.add(1, 1, 0, kind, "web", "call");
    for (const auto& [key, value] : attributes) maker.attribute(span, key, value);
    return peer_of(span);
  };
  const auto text = [](const char* content) { return Value(std::string_view(content)); };
  const Attributes postgresql = {{"db.system.name", text("postgresql")},
                                 {"db.namespace", text("shop")},
                                 {"server.address", text("db")}};
  EXPECT_EQ(peer(SpanKind::kClient, postgresql),
            (Node{NodeKind::kDatabase, "postgresql", "postgresql shop"}));
  EXPECT_EQ(peer(SpanKind::kServer, postgresql), Node{});
  EXPECT_EQ(peer(SpanKind::kClient, {{"db.system", text("mysql")},
                                     {"server.address", text("db")},
                                     {"server.port", int64_t{3307}}}),
            (Node{NodeKind::kDatabase, "mysql", "mysql db:3307"}));
  EXPECT_EQ(peer(SpanKind::kClient, {{"db.system.name", text("redis")},
                                     {"db.namespace", text("0")},
                                     {"server.address", text("127.0.0.1")},
                                     {"server.port", int64_t{6379}}}),
            (Node{NodeKind::kCache, "redis", "redis 127.0.0.1:6379"}));
  EXPECT_EQ(peer(SpanKind::kProducer,
                 {{"messaging.system", text("kafka")}, {"server.address", text("broker")}}),
            (Node{NodeKind::kQueue, "kafka", "kafka broker"}));
  EXPECT_EQ(peer(SpanKind::kClient,
                 {{"server.address", text("api.example.com")}, {"server.port", int64_t{443}}}),
            (Node{NodeKind::kExternal, "", "api.example.com"}));
  EXPECT_EQ(
      peer(SpanKind::kClient, {{"net.peer.name", text("::1")}, {"net.peer.port", text("8080")}}),
      (Node{NodeKind::kExternal, "", "[::1]:8080"}));
  EXPECT_EQ(peer(SpanKind::kClient, {}), Node{});
}

TEST_F(RollupTest, ACallToAHostBecomesACallToAServiceWhenItsSpanComes) {
  const auto store = open();
  BatchMaker maker;
  Span& client = maker.add(1, 2, 1, SpanKind::kClient, "web", "GET");
  maker.attribute(client, "server.address", std::string_view("cart.internal"));
  maker.attribute(client, "server.port", int64_t{8080});
  write(*store, maker.take());
  const auto reader = read();
  ASSERT_EQ(read_edges(*reader).size(), 1u);
  EXPECT_EQ(read_edges(*reader)[0].to, (Node{NodeKind::kExternal, "", "cart.internal:8080"}));

  maker.add(1, 3, 2, SpanKind::kServer, "cart", "GET /cart");
  write(*store, maker.take());
  ASSERT_EQ(read_edges(*reader).size(), 1u);
  const EdgeRollup edge = read_edges(*reader)[0];
  EXPECT_EQ(edge.from, "web");
  EXPECT_EQ(edge.to, (Node{NodeKind::kService, "", "cart"}));
  EXPECT_EQ(edge.count, 1u);
  EXPECT_EQ(edge.slowest, trace_id(1));
  // The operation's own roll-up stays with what the span says.
  const auto rollups = reader->rollups({}, "web");
  ASSERT_EQ(rollups->size(), 1u);
  EXPECT_EQ((*rollups)[0].operation.peer.kind, NodeKind::kExternal);
}

TEST_F(RollupTest, AnEdgeTellsNoTraceThatHasLeftIt) {
  const auto store = open();
  BatchMaker maker;
  const auto call = [&maker](uint64_t trace, uint64_t duration_ns) {
    Span& client = maker.add(trace, 2, 1, SpanKind::kClient, "web", "GET");
    maker.attribute(client, "server.address", std::string_view("cart.internal"));
    client.start_unix_ns = kBegin;
    client.end_unix_ns = kBegin + duration_ns;
  };
  for (const uint64_t trace : {1u, 2u, 3u}) call(trace, trace * 10'000'000);
  write(*store, maker.take());
  const auto reader = read();
  const auto external = [&reader] {
    const auto edges = read_edges(*reader);
    const auto at = std::find_if(edges.begin(), edges.end(), [](const EdgeRollup& edge) {
      return edge.to.kind == NodeKind::kExternal;
    });
    EXPECT_NE(at, edges.end());
    return at == edges.end() ? EdgeRollup{} : *at;
  };
  EXPECT_EQ(external().slowest, trace_id(3));
  // A call that was not the slowest leaves.
  maker.add(1, 3, 2, SpanKind::kServer, "cart", "GET /cart");
  write(*store, maker.take());
  EXPECT_EQ(external().slowest, trace_id(3));
  EXPECT_EQ(external().slowest_ns, 30'000'000u);
  // The slowest leaves.
  maker.add(3, 3, 2, SpanKind::kServer, "cart", "GET /cart");
  write(*store, maker.take());
  EXPECT_EQ(external().count, 1u);
  EXPECT_EQ(external().slowest, TraceId{});
  EXPECT_LE(external().slowest_ns, 20'000'000u);
  EXPECT_GT(external().slowest_ns, 18'000'000u);
  call(4, 21'000'000);
  write(*store, maker.take());
  EXPECT_EQ(external().slowest, trace_id(4));
  EXPECT_EQ(external().slowest_ns, 21'000'000u);
}

TEST_F(RollupTest, WhatACacheAnsweredIsCounted) {
  const auto store = open();
  BatchMaker maker;
  for (uint64_t i = 1; i <= 10; ++i) {
    Span& span = maker.add(1, i, 0, SpanKind::kClient, "web", "GET");
    maker.attribute(span, "db.system.name", std::string_view("redis"));
    maker.attribute(span, "seamtrace.cache.hits", int64_t{i <= 7});
    maker.attribute(span, "seamtrace.cache.misses", int64_t{i > 7});
  }
  write(*store, maker.take());
  const std::vector<EdgeRollup> edges = read_edges(*read());
  ASSERT_EQ(edges.size(), 1u);
  EXPECT_EQ(edges[0].to.kind, NodeKind::kCache);
  EXPECT_EQ(edges[0].hits, 7u);
  EXPECT_EQ(edges[0].misses, 3u);
  EXPECT_EQ((*read()->rollups({}, ""))[0].hits, 7u);
}

TEST_F(RollupTest, EdgesDoNotDependOnTheOrderInWhichSpansCome) {
  std::mt19937_64 random(3);
  RandomSpans spans(11);
  const BatchPtr all = spans.batch(30, 2, 40);
  // Addresses for the calls, so that there is something to change from.
  const auto address = [](BatchMaker& maker, Span& span) {
    maker.attribute(span, "server.address", std::string_view("host"));
  };
  std::vector<std::vector<std::string>> seen;
  for (int round = 0; round < 4; ++round) {
    path_ = folder_.file("round" + std::to_string(round));
    auto store = open();
    std::vector<const Span*> order;
    for (const Span& span : all->list.spans) order.push_back(&span);
    std::shuffle(order.begin(), order.end(), random);
    BatchMaker maker;
    size_t count = 0;
    for (const Span* span : order) {
      maker.add_copy(*span);
      address(maker, maker.last());
      if (++count % (round == 0 ? 1'000'000 : 50) == 0) write(*store, maker.take());
      if (round == 3 && count % 300 == 0) {
        store.reset();
        store = open();
      }
    }
    write(*store, maker.take());
    seen.push_back(edges_of(*read()));
  }
  EXPECT_GT(seen[0].size(), 10u);
  for (const auto& other : seen) EXPECT_EQ(other, seen[0]);
}

TEST_F(RollupTest, EverySpanIsInExactlyOneRollup) {
  RandomSpans spans(5);
  const BatchPtr all = spans.batch(50, 1, 50);
  const auto store = open();
  write(*store, all);
  std::map<std::pair<std::string, uint64_t>, uint64_t> expected, counted;
  for (const Span& span : all->list.spans) {
    ++expected[{std::string(span.name), span.start_unix_ns / kMinute}];
  }
  const auto rollups = read()->rollups({}, "");
  for (const Rollup& rollup : *rollups) {
    counted[{rollup.operation.name, rollup.minute_unix_s / 60}] += rollup.count;
  }
  EXPECT_EQ(counted, expected);
}

TEST(HistogramTest, PercentilesAreWithinTheirBucket) {
  Histogram histogram;
  for (uint64_t i = 1; i <= 100'000; ++i) histogram.add(i * 1000);
  for (const double fraction : {0.01, 0.5, 0.95, 0.99, 1.0}) {
    const double exact = fraction * 1e8;
    EXPECT_NEAR(static_cast<double>(histogram.percentile(fraction)), exact, exact * 0.032);
  }
  EXPECT_EQ(Histogram().percentile(0.5), 0u);
}

TEST(HistogramTest, EveryDurationHasItsBucket) {
  for (uint64_t value : {uint64_t{0}, uint64_t{1}, uint64_t{15}, uint64_t{16}, uint64_t{17},
                         uint64_t{31}, uint64_t{32}, uint64_t{1'000'000}, UINT64_MAX}) {
    Histogram histogram;
    histogram.add(value);
    const uint32_t bucket = histogram.buckets()[0].first;
    EXPECT_LE(Histogram::lower_bound(bucket), value);
    if (value != UINT64_MAX) {
      EXPECT_GT(Histogram::lower_bound(bucket + 1), value);
    }
    histogram.remove(value);
    EXPECT_TRUE(histogram.empty());
    histogram.remove(value);
    EXPECT_TRUE(histogram.empty());
  }
}

TEST(HistogramTest, ComesBackFromItsBytesAndAddsUp) {
  std::mt19937_64 random(1);
  Histogram left, right, both;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t value = random() >> (random() % 64);
    (i % 2 == 0 ? left : right).add(value);
    both.add(value);
  }
  left.merge(right);
  EXPECT_EQ(left.buckets(), both.buckets());
  EXPECT_EQ(Histogram::decode(left.encode())->buckets(), both.buckets());
  EXPECT_EQ(Histogram::decode("")->count(), 0u);
  EXPECT_FALSE(Histogram::decode("\x05"));
  EXPECT_FALSE(Histogram::decode(std::string_view("\x05\x00", 2)));
  EXPECT_FALSE(Histogram::decode("\xff\xff\xff\x7f\x01"));
}

}  // namespace
}  // namespace seamtrace::collector
