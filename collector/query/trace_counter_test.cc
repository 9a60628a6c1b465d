#include "collector/query/trace_counter.h"

#include <cstring>

#include "gtest/gtest.h"

namespace seamtrace::collector {
namespace {

TraceId trace(uint64_t number) {
  TraceId id{};
  std::memcpy(id.data() + 8, &number, sizeof(number));
  return id;
}

TEST(TraceCounter, CountsEachTraceOnceInWhateverOrderItsSpansCome) {
  TraceCounter counter;
  for (int pass = 0; pass < 3; ++pass)
    for (uint64_t i = 1; i <= 5000; ++i) counter.add(trace(i));
  EXPECT_EQ(counter.count(), 5000u);
}

TEST(TraceCounter, TellsIdsApartByBothHalves) {
  TraceCounter counter;
  TraceId id = trace(1);
  counter.add(id);
  id[0] = 1;
  counter.add(id);
  EXPECT_EQ(counter.count(), 2u);
}

TEST(TraceCounter, BeyondItsLimitItKnowsOnlyThatThereAreMore) {
  TraceCounter counter;
  for (uint64_t i = 1; i <= TraceCounter::kMost; ++i) counter.add(trace(i));
  EXPECT_EQ(counter.count(), TraceCounter::kMost);
  for (uint64_t i = 1; i <= 10; ++i) counter.add(trace(TraceCounter::kMost + i));
  EXPECT_EQ(counter.count(), TraceCounter::kMost + 1);
}

TEST(TraceCounter, KeepsItsCountWhenItIsSettled) {
  TraceCounter counter;
  for (uint64_t i = 1; i <= 10; ++i) counter.add(trace(i));
  counter.settle();
  EXPECT_EQ(counter.count(), 10u);
  counter.add(trace(11));
  EXPECT_EQ(counter.count(), 11u);
}

}  // namespace
}  // namespace seamtrace::collector
