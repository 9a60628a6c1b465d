// The texts of prepared statements: which one an execution means.
#include "agent/connections/prepared_texts.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/ring_writer/segment_writer.h"

namespace seamtrace::agent::connections {
namespace {

class PreparedTextsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(open_prepared_texts()); }
  void TearDown() override { texts_.clear(); }

  void define(uint64_t key, const std::string& text, uint32_t tag = 0) {
    texts_.define(key, tag);
    texts_.append(text.data(), text.size());
  }
  std::string find(uint64_t key) const {
    const PreparedText* text = texts_.find(key);
    return text == nullptr ? "(none)"
                           : std::string(text->text, text->size) + (text->truncated ? "..." : "");
  }

  PreparedTexts texts_{};
};

TEST_F(PreparedTextsTest, ADefinitionCountsBeforeItIsConfirmed) {
  define(1, "a");
  EXPECT_EQ(find(1), "a");
  texts_.confirm(nullptr);
  EXPECT_EQ(find(1), "a");
  EXPECT_EQ(find(2), "(none)");
}

TEST_F(PreparedTextsTest, AConfirmedDefinitionReplacesTheOldOne) {
  define(1, "old");
  texts_.confirm(nullptr);
  define(1, "new");
  EXPECT_EQ(find(1), "new");
  texts_.confirm(nullptr);
  EXPECT_EQ(find(1), "new");
  texts_.forget(1);
  EXPECT_EQ(find(1), "(none)");
}

TEST_F(PreparedTextsTest, ARefusedDefinitionLeavesTheOldOne) {
  define(1, "old");
  texts_.confirm(nullptr);
  define(1, "new");
  texts_.drop_oldest_unconfirmed();
  EXPECT_EQ(find(1), "old");
}

TEST_F(PreparedTextsTest, AFailedBatchTakesItsDefinitionsAlong) {
  define(1, "a", 7);
  define(2, "b", 8);
  define(3, "c", 7);
  texts_.drop_unconfirmed(7);
  EXPECT_EQ(find(1), "(none)");
  EXPECT_EQ(find(2), "b");
  EXPECT_EQ(find(3), "(none)");
  define(4, "d", 8);
  texts_.confirm(nullptr);
  texts_.confirm(nullptr);
  EXPECT_EQ(find(2), "b");
  EXPECT_EQ(find(4), "d");
}

TEST_F(PreparedTextsTest, TheServerMayChooseTheKey) {
  define(0, "a");
  define(0, "b");
  const uint64_t first = 10, second = 26;  // of one bucket
  texts_.confirm(&first);
  texts_.confirm(&second);
  EXPECT_EQ(find(10), "a");
  EXPECT_EQ(find(26), "b");
}

TEST_F(PreparedTextsTest, ALongTextIsCutAndSaysSo) {
  texts_.define(1, 0);
  const std::string half(PreparedText::kCapacity / 2 + 8, 'x');
  texts_.append(half.data(), half.size());
  texts_.append(half.data(), half.size());
  EXPECT_EQ(find(1), std::string(PreparedText::kCapacity, 'x') + "...");
}

TEST_F(PreparedTextsTest, WithoutRoomNothingIsKeptAnyMore) {
  const uint64_t before = ring_writer::counter_value(wire::Counter::statements_forgotten);
  constexpr uint32_t kMoreThanThereAre = 8 * 1024 + 1;
  for (uint32_t i = 0; i < kMoreThanThereAre; ++i) define(i, "text");
  EXPECT_EQ(find(0), "(none)");
  // A confirmation must not meet a definition that it was not meant for.
  define(5, "late");
  texts_.confirm(nullptr);
  EXPECT_EQ(find(5), "(none)");
  EXPECT_EQ(ring_writer::counter_value(wire::Counter::statements_forgotten), before + 2);
}

}  // namespace
}  // namespace seamtrace::agent::connections
