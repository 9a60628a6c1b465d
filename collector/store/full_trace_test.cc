// Traces that reach the bounds of a trace.
#include <gtest/gtest.h>

#include <string>

#include "collector/store/chunk.h"
#include "collector/store/testing/span_maker.h"
#include "collector/store/testing/store_fixture.h"

namespace seamtrace::collector {
namespace {

using store::kMostTraceBytes;
using store::kMostTraceSpans;
using testing::BatchMaker;
using testing::trace_id;

class FullTraceTest : public testing::StoreFixture {
 protected:
  /// A span of trace 1 with an attribute of so many bytes that no other span has.
  void add(BatchMaker& maker, size_t bytes) {
    Span& span = maker.add(1, ++last_span_);
    std::string value = std::to_string(last_span_);
    value.resize(bytes, 'x');
    maker.attribute(span, "large", std::string_view(value));
  }
  /// Spans of trace 1 that a reader gets.
  size_t readable() {
    const auto reader = read();
    const std::optional<TraceRow> row = reader->find(trace_id(1));
    if (!row) return 0;
    const Result<SpanList> list = reader->load(row->row);
    EXPECT_TRUE(list) << list.error().message;
    return list ? list->spans.size() : 0;
  }
  void expect_others_are_kept(Store& store) {
    const uint64_t dropped = store.statistics().spans_dropped;
    BatchMaker maker;
    maker.add(2, 1);
    write(store, maker.take());
    EXPECT_TRUE(read()->find(trace_id(2)));
    EXPECT_EQ(store.statistics().spans_dropped, dropped);
  }

  uint64_t last_span_ = 0;
};

TEST_F(FullTraceTest, ATraceTakesSoManySpansAndTheRestIsCounted) {
  constexpr size_t kTooMany = 10;
  auto store = open();
  BatchMaker maker;
  for (size_t i = 0; i < kMostTraceSpans + kTooMany; ++i) {
    maker.add(1, ++last_span_);
    if (last_span_ % 30'000 == 0) write(*store, maker.take());
  }
  write(*store, maker.take());
  EXPECT_EQ(store->statistics().spans, kMostTraceSpans);
  EXPECT_EQ(store->statistics().spans_written, kMostTraceSpans);
  EXPECT_EQ(store->statistics().spans_dropped, kTooMany);
  EXPECT_EQ(readable(), kMostTraceSpans);
  store.reset();
  store = open();
  maker.add(1, ++last_span_);
  write(*store, maker.take());
  EXPECT_EQ(store->statistics().spans_dropped, 1u) << "of this process";
  EXPECT_EQ(store->statistics().traces, 1u) << "the trace went on as another one";
  EXPECT_EQ(readable(), kMostTraceSpans);
  expect_others_are_kept(*store);
}

TEST_F(FullTraceTest, ATraceTakesSoManyBytesAndStaysReadable) {
  constexpr size_t kLarge = 330'000;
  constexpr size_t kSpans = 3 * kMostTraceBytes / kLarge;
  auto store = open();
  BatchMaker maker;
  uint64_t dropped = 0;
  while (last_span_ < kSpans) {
    add(maker, kLarge);
    if (last_span_ % 50 == 0) write(*store, maker.take());
    if (last_span_ % 400 != 0) continue;
    dropped += store->statistics().spans_dropped;
    store.reset();
    store = open();
  }
  write(*store, maker.take());
  dropped += store->statistics().spans_dropped;
  const uint64_t kept = store->statistics().spans;
  EXPECT_EQ(kept + dropped, kSpans);
  EXPECT_GT(kept, kMostTraceBytes / kLarge - 2);
  EXPECT_LE(kept, kMostTraceBytes / kLarge + 10) << "a few values are in the dictionary";
  EXPECT_EQ(readable(), kept);
  EXPECT_EQ(store->statistics().traces, 1u);
  expect_others_are_kept(*store);
}

TEST_F(FullTraceTest, ASpanThatNoTraceHasRoomForIsDroppedAlone) {
  const auto store = open();
  BatchMaker maker;
  add(maker, 100);
  add(maker, kMostTraceBytes + 1);
  add(maker, 100);
  write(*store, maker.take());
  EXPECT_EQ(readable(), 2u);
  EXPECT_EQ(store->statistics().spans, 2u);
  EXPECT_EQ(store->statistics().spans_dropped, 1u);
  expect_others_are_kept(*store);
}

}  // namespace
}  // namespace seamtrace::collector
