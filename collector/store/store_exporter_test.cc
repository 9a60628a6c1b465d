#include "collector/store/store_exporter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "collector/store/testing/span_maker.h"

namespace seamtrace::collector {
namespace {

using std::chrono::milliseconds;
using testing::BatchMaker;

constexpr milliseconds kLong{20'000};

/// Does what it is told; tells what it got.
struct Fate {
  std::atomic<bool> fails{false};
  std::atomic<uint64_t> spans{0}, dropped{0}, attempts{0}, cleaned{0};
  uint64_t drops = 0;  ///< of each write
  std::function<void()> during_write = [] {};
};

class FatefulStore final : public Store {
 public:
  explicit FatefulStore(Fate& fate) : fate_(fate) {}

  std::optional<Error> write(const std::vector<BatchPtr>& batches) override {
    ++fate_.attempts;
    fate_.during_write();
    if (fate_.fails) return Error{"the disk is full"};
    for (const BatchPtr& batch : batches) fate_.spans += batch->list.spans.size();
    fate_.dropped += fate_.drops;
    return std::nullopt;
  }
  bool clean() override {
    ++fate_.cleaned;
    return false;
  }
  StoreStatistics statistics() const override {
    StoreStatistics statistics;
    statistics.spans_dropped = fate_.dropped;
    return statistics;
  }

 private:
  Fate& fate_;
};

BatchPtr batch(uint64_t sequence, size_t spans = 10) {
  BatchMaker maker;
  for (size_t i = 0; i < spans; ++i) maker.add(sequence, i + 1);
  const BatchPtr made = maker.take();
  const_cast<Batch&>(*made).sequence = sequence;
  return made;
}

std::unique_ptr<StoreExporter> exporter(Fate& fate, StoreExporterOptions options = {}) {
  options.first_backoff = milliseconds(1);
  options.longest_backoff = milliseconds(5);
  options.clean_every = milliseconds(5);
  return make_store_exporter(std::make_unique<FatefulStore>(fate), options);
}

TEST(StoreExporterTest, ABatchIsDoneAfterItsCommit) {
  Fate fate;
  const auto store = exporter(fate);
  EXPECT_EQ(store->done_sequence(), 0u);
  ASSERT_TRUE(store->offer(batch(1)));
  ASSERT_TRUE(store->offer(batch(2)));
  EXPECT_TRUE(store->wait_done(2, kLong));
  EXPECT_EQ(store->done_sequence(), 2u);
  EXPECT_EQ(fate.spans, 20u);
  EXPECT_EQ(store->statistics().exported, 20u);
}

TEST(StoreExporterTest, OneCommitServesManyBatches) {
  Fate fate;
  const auto store = exporter(fate, {.gather = kLong});
  for (uint64_t i = 1; i <= 50; ++i) ASSERT_TRUE(store->offer(batch(i)));
  EXPECT_TRUE(store->flush(kLong));
  EXPECT_EQ(fate.spans, 500u);
  EXPECT_EQ(fate.attempts, 1u);
}

TEST(StoreExporterTest, AFlushDoesNotWaitForWhatComesAfterIt) {
  Fate fate;
  StoreExporter* self = nullptr;
  uint64_t sequence = 3;
  std::atomic<bool> offers{true};
  fate.during_write = [&] {
    if (!offers) return;
    EXPECT_TRUE(self->offer(batch(++sequence)));
  };
  const auto store = exporter(fate, {.spans_per_write = 10, .gather = kLong});
  self = store.get();
  for (uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(store->offer(batch(i, 3)));
  EXPECT_TRUE(store->flush(kLong)) << "the queue was never empty";
  offers = false;
}

TEST(StoreExporterTest, WhatCouldNotBeWrittenIsKeptUntilItCan) {
  Fate fate;
  fate.fails = true;
  const auto store = exporter(fate);
  ASSERT_TRUE(store->offer(batch(1)));
  EXPECT_FALSE(store->wait_done(1, milliseconds(50)));
  while (fate.attempts < 3) std::this_thread::yield();
  EXPECT_EQ(store->done_sequence(), 0u);
  EXPECT_EQ(store->statistics().last_error, "the disk is full");
  EXPECT_EQ(store->statistics().queued, 10u);
  fate.fails = false;
  EXPECT_TRUE(store->wait_done(1, kLong));
  EXPECT_EQ(store->statistics().last_error, "");
  EXPECT_GE(store->statistics().retries, 3u);
  EXPECT_TRUE(store->statistics().dropped.empty());
}

TEST(StoreExporterTest, AfterALongFaultBatchesAreDroppedAndCounted) {
  Fate fate;
  fate.fails = true;
  const auto store = exporter(fate, {.give_up_after = milliseconds(20)});
  ASSERT_TRUE(store->offer(batch(1)));
  EXPECT_FALSE(store->wait_done(1, kLong)) << "done, but not well";
  EXPECT_EQ(store->done_sequence(), 1u);
  EXPECT_EQ(store->statistics().dropped.at("store_fault"), 10u);
  fate.fails = false;
  ASSERT_TRUE(store->offer(batch(2)));
  EXPECT_TRUE(store->wait_done(2, kLong));
  EXPECT_EQ(fate.spans, 10u);
}

TEST(StoreExporterTest, WhatTheStoreDropsIsCountedByItsReason) {
  Fate fate;
  fate.drops = 3;
  const auto store = exporter(fate);
  for (uint64_t i = 1; i <= 2; ++i) {
    ASSERT_TRUE(store->offer(batch(i)));
    EXPECT_TRUE(store->wait_done(i, kLong));
  }
  EXPECT_EQ(store->statistics().dropped.at("trace_full"), 6u);
  EXPECT_EQ(store->statistics().exported, 14u);
}

TEST(StoreExporterTest, ItFailsWhileAWriteIsTriedAgain) {
  Fate fate;
  fate.fails = true;
  const auto store = exporter(fate);
  EXPECT_FALSE(store->is_failing());
  ASSERT_TRUE(store->offer(batch(1)));
  while (fate.attempts < 2) std::this_thread::yield();
  EXPECT_TRUE(store->is_failing());
  fate.fails = false;
  EXPECT_TRUE(store->wait_done(1, kLong));
  EXPECT_FALSE(store->is_failing());
}

TEST(StoreExporterTest, AFullQueueTakesNothing) {
  Fate fate;
  fate.fails = true;
  const auto store = exporter(fate, {.queue_spans = 25});
  EXPECT_TRUE(store->offer(batch(1)));
  EXPECT_TRUE(store->offer(batch(2)));
  EXPECT_FALSE(store->offer(batch(3)));
  EXPECT_EQ(store->statistics().queued, 20u);
}

TEST(StoreExporterTest, WhatIsQueuedAtTheEndIsWritten) {
  Fate fate;
  {
    const auto store = exporter(fate, {.gather = kLong});
    for (uint64_t i = 1; i <= 5; ++i) ASSERT_TRUE(store->offer(batch(i)));
  }
  EXPECT_EQ(fate.spans, 50u);
}

TEST(StoreExporterTest, AtTheEndAFaultHoldsNobodyUp) {
  Fate fate;
  fate.fails = true;
  const auto store = exporter(fate, {.queue_spans = 1000});
  ASSERT_TRUE(store->offer(batch(1)));
}

TEST(StoreExporterTest, AnIdleStoreIsCleaned) {
  Fate fate;
  const auto store = exporter(fate);
  while (fate.cleaned < 3) std::this_thread::yield();
}

}  // namespace
}  // namespace seamtrace::collector
