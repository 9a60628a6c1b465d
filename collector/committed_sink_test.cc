#include "collector/committed_sink.h"

#include <gtest/gtest.h>

#include "collector/store/store_exporter.h"

namespace seamtrace::collector {
namespace {

using std::chrono::milliseconds;

/// Done with what the test says, at once.
class FakeStore final : public StoreExporter {
 public:
  std::string_view name() const override { return "store"; }
  bool offer(BatchPtr) override { return true; }
  uint64_t done_sequence() const override { return done; }
  bool flush(milliseconds) override { return true; }
  ExporterStatistics statistics() const override { return {}; }
  bool wait_done(uint64_t sequence, milliseconds) override {
    return done >= sequence && dropped < sequence;
  }
  bool is_failing() const override { return failing; }
  StoreStatistics store_statistics() const override { return {}; }

  uint64_t done = 0, dropped = 0;
  bool failing = false;
};

class CommittedSinkTest : public ::testing::Test {
 protected:
  SinkAnswer send(uint8_t span, CommittedSink& to) {
    SpanList list;
    list.spans.emplace_back().span_id[0] = span;
    return to.take(std::move(list), milliseconds(0));
  }
  SinkAnswer send(uint8_t span) { return send(span, sink); }

  FakeStore store;
  uint64_t handed_on = 0;  ///< requests that reached all exporters
  bool has_room = true;
  CommittedSink::HandOn hand_on = [this](SpanList&&) { return has_room ? ++handed_on : 0; };
  CommittedSink sink{hand_on, &store};
};

TEST_F(CommittedSinkTest, WhatIsCommittedIsTaken) {
  store.done = 2;
  EXPECT_EQ(send(1), SinkAnswer::kTaken);
  EXPECT_EQ(send(1), SinkAnswer::kTaken);
  EXPECT_EQ(handed_on, 2u);
}

TEST_F(CommittedSinkTest, WithoutAStoreNobodyWaits) {
  CommittedSink other(hand_on, nullptr);
  EXPECT_EQ(send(1, other), SinkAnswer::kTaken);
  has_room = false;
  EXPECT_EQ(send(1, other), SinkAnswer::kBusy);
}

TEST_F(CommittedSinkTest, AFailingStoreKeepsRequestsFromAllExporters) {
  store.failing = true;
  EXPECT_EQ(send(1), SinkAnswer::kBusy);
  EXPECT_EQ(handed_on, 0u);
  store.failing = false;
  store.done = 1;
  EXPECT_EQ(send(1), SinkAnswer::kTaken);
  EXPECT_EQ(handed_on, 1u);
}

TEST_F(CommittedSinkTest, WhatIsSentAgainBeforeItsCommitIsNotHandedOnAgain) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(send(1), SinkAnswer::kBusy);
    store.failing = i % 2 == 0;
  }
  EXPECT_EQ(send(2), SinkAnswer::kBusy);
  EXPECT_EQ(handed_on, 2u);
  store.failing = true;  // with what came later
  store.done = 1;
  EXPECT_EQ(send(1), SinkAnswer::kTaken);
  EXPECT_EQ(send(2), SinkAnswer::kBusy);
  EXPECT_EQ(handed_on, 2u);
}

TEST_F(CommittedSinkTest, WhatTheStoreGaveUpIsTakenAgain) {
  EXPECT_EQ(send(1), SinkAnswer::kBusy);
  store.done = store.dropped = 1;
  EXPECT_EQ(send(1), SinkAnswer::kBusy);
  store.done = 2;
  EXPECT_EQ(send(1), SinkAnswer::kTaken);
  EXPECT_EQ(handed_on, 2u);
}

TEST_F(CommittedSinkTest, WhatAFullQueueRefusedIsTakenLater) {
  has_room = false;
  EXPECT_EQ(send(1), SinkAnswer::kBusy);
  has_room = true;
  store.done = 1;
  EXPECT_EQ(send(1), SinkAnswer::kTaken);
}

TEST_F(CommittedSinkTest, RemembersSoManyRequestsAndNoMore) {
  for (uint8_t span = 0; span < 65; ++span) EXPECT_EQ(send(span), SinkAnswer::kBusy);
  EXPECT_EQ(send(64), SinkAnswer::kBusy);
  EXPECT_EQ(send(1), SinkAnswer::kBusy);
  EXPECT_EQ(handed_on, 65u);
  EXPECT_EQ(send(0), SinkAnswer::kBusy);
  EXPECT_EQ(handed_on, 66u);
}

}  // namespace
}  // namespace seamtrace::collector
