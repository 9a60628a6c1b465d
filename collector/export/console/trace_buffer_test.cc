#include "collector/export/console/trace_buffer.h"

#include <gtest/gtest.h>

#include "collector/export/testing/spans.h"

namespace seamtrace::collector {
namespace {

using std::chrono::milliseconds;
using testing::span_id;
using testing::trace_id;

constexpr TraceBuffer::Options kOptions{10, milliseconds(200), milliseconds(5000)};

TreeSpan span(uint8_t trace, uint8_t id, uint8_t parent = 0, bool parent_remote = false) {
  TreeSpan span;
  span.trace_id = trace_id(trace);
  span.span_id = span_id(id);
  span.parent_span_id = span_id(parent);
  span.parent_remote = parent_remote;
  return span;
}

class TraceBufferTest : public ::testing::Test {
 protected:
  const TraceBuffer::Clock::time_point start_{std::chrono::hours(1)};
  TraceBuffer buffer_{kOptions};
};

TEST_F(TraceBufferTest, TraceIsReadyWhenNothingCameForTheGrace) {
  buffer_.add(span(1, 2, 1), start_);
  buffer_.add(span(1, 1), start_ + milliseconds(150));
  EXPECT_EQ(buffer_.next_ready(), start_ + milliseconds(350));
  EXPECT_TRUE(buffer_.take_ready(start_ + milliseconds(349)).empty());
  const auto traces = buffer_.take_ready(start_ + milliseconds(350));
  ASSERT_EQ(traces.size(), 1u);
  EXPECT_EQ(traces[0].size(), 2u);
  EXPECT_EQ(buffer_.spans(), 0u);
  EXPECT_FALSE(buffer_.next_ready().has_value());
}

TEST_F(TraceBufferTest, MissingParentOfTheSameProcessIsWaitedFor) {
  buffer_.add(span(1, 2, 1), start_);
  EXPECT_TRUE(buffer_.take_ready(start_ + milliseconds(4999)).empty());
  EXPECT_EQ(buffer_.next_ready(), start_ + milliseconds(5000));
  EXPECT_EQ(buffer_.take_ready(start_ + milliseconds(5000)).size(), 1u);
}

TEST_F(TraceBufferTest, ParentThatArrivesLateStartsTheGraceAgain) {
  buffer_.add(span(1, 2, 1), start_);
  EXPECT_TRUE(buffer_.take_ready(start_ + milliseconds(1000)).empty());
  buffer_.add(span(1, 1), start_ + milliseconds(1000));
  EXPECT_EQ(buffer_.take_ready(start_ + milliseconds(1200)).size(), 1u);
}

TEST_F(TraceBufferTest, RemoteParentIsNotWaitedFor) {
  buffer_.add(span(1, 2, 1, /*parent_remote=*/true), start_);
  EXPECT_EQ(buffer_.take_ready(start_ + milliseconds(200)).size(), 1u);
}

TEST_F(TraceBufferTest, TooManySpansPushOutTheOldestTrace) {
  for (uint8_t i = 1; i <= 6; ++i) buffer_.add(span(1, i, 99), start_);
  for (uint8_t i = 1; i <= 6; ++i) buffer_.add(span(2, i, 99), start_);
  const auto traces = buffer_.take_ready(start_);
  ASSERT_EQ(traces.size(), 1u);
  EXPECT_EQ(traces[0][0].trace_id, trace_id(1));
  EXPECT_EQ(buffer_.spans(), 6u);
}

TEST_F(TraceBufferTest, TracesThatAreReadyTogetherComeByTheirStart) {
  TreeSpan late = span(1, 1), early = span(2, 1);
  late.start_unix_ns = 2000;
  early.start_unix_ns = 1000;
  buffer_.add(late, start_);
  buffer_.add(early, start_);
  const auto traces = buffer_.take_ready(start_ + milliseconds(200));
  ASSERT_EQ(traces.size(), 2u);
  EXPECT_EQ(traces[0][0].trace_id, trace_id(2));
}

TEST_F(TraceBufferTest, TakeAllEmptiesIt) {
  buffer_.add(span(1, 1), start_);
  buffer_.add(span(2, 2, 1), start_);
  EXPECT_EQ(buffer_.take_all().size(), 2u);
  EXPECT_EQ(buffer_.spans(), 0u);
  EXPECT_FALSE(buffer_.next_ready().has_value());
}

}  // namespace
}  // namespace seamtrace::collector
