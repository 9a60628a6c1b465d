#include "collector/export/batch_queue.h"

#include <gtest/gtest.h>

#include "collector/export/testing/spans.h"

namespace seamtrace::collector {
namespace {

using testing::batch_of;

TEST(BatchQueue, RefusesWhatDoesNotFitAndTakesItLater) {
  BatchQueue queue(10);
  EXPECT_TRUE(queue.push(batch_of(1, 6, nullptr)));
  EXPECT_FALSE(queue.push(batch_of(2, 5, nullptr)));
  EXPECT_EQ(queue.spans(), 6u);
  queue.finish(1);
  EXPECT_TRUE(queue.push(batch_of(2, 5, nullptr)));
  EXPECT_EQ(queue.spans(), 10u);
}

TEST(BatchQueue, EmptyQueueTakesABatchOfAnySize) {
  BatchQueue queue(2);
  EXPECT_TRUE(queue.push(batch_of(1, 50, nullptr)));
  EXPECT_FALSE(queue.push(batch_of(2, 1, nullptr)));
}

TEST(BatchQueue, BatchIsDoneOnlyWhenItsLastSpanIs) {
  BatchQueue queue(100);
  queue.push(batch_of(1, 3, nullptr));
  queue.push(batch_of(2, 3, nullptr));
  EXPECT_EQ(queue.front(4).size(), 4u);
  queue.finish(2);
  EXPECT_EQ(queue.done_sequence(), 0u);
  queue.finish(2);
  EXPECT_EQ(queue.done_sequence(), 1u);
  EXPECT_EQ(queue.front(100).size(), 2u);
  queue.finish(2);
  EXPECT_EQ(queue.done_sequence(), 2u);
  EXPECT_TRUE(queue.empty());
}

TEST(BatchQueue, BatchesWithoutSpansAreDoneInTheirTurn) {
  BatchQueue queue(100);
  queue.push(batch_of(1, 0, nullptr));
  EXPECT_EQ(queue.done_sequence(), 1u);
  queue.push(batch_of(2, 1, nullptr));
  queue.push(batch_of(3, 0, nullptr));
  EXPECT_EQ(queue.done_sequence(), 1u);
  queue.finish(1);
  EXPECT_EQ(queue.done_sequence(), 3u);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace seamtrace::collector
