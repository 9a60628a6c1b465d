// The process's side of the shared memory, read the way the collector reads it.
#include "agent/ring_writer/segment_writer.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <thread>
#include <vector>

#include "agent/testing/agent_fixture.h"
#include "agent/testing/segment_reader.h"

namespace seamtrace::agent {
namespace {

using testing::Record;
using testing::SegmentReader;
using wire::ChunkState;
using wire::Counter;

constexpr uint32_t kLargestPerChunk = wire::kChunkBytes / wire::kMaxRecordBytes;

/// A record of `size` bytes whose every byte behind the fixed part follows from writer and number.
class TestRecord {
 public:
  TestRecord(uint32_t writer, uint32_t number, uint32_t size = wire::kMaxRecordBytes) {
    wire::ExchangeRecord fixed{};
    fixed.header.size = size;
    fixed.header.type = static_cast<uint16_t>(wire::RecordType::kExchange);
    fixed.connection_id = writer;
    fixed.start_ns = number;
    memcpy(bytes_, &fixed, sizeof fixed);
    for (uint32_t i = sizeof fixed; i < size; ++i) bytes_[i] = pattern(writer, number, i);
  }
  bool write() const {
    return ring_writer::write_record(*reinterpret_cast<const wire::ExchangeRecord*>(bytes_));
  }
  static bool is_intact(const Record& record) {
    const auto writer = static_cast<uint32_t>(record.fixed.connection_id);
    const auto number = static_cast<uint32_t>(record.fixed.start_ns);
    for (size_t i = 0; i < record.rest.size(); ++i)
      if (record.rest[i] != pattern(writer, number, static_cast<uint32_t>(i + sizeof record.fixed)))
        return false;
    return true;
  }

 private:
  static uint8_t pattern(uint32_t writer, uint32_t number, uint32_t i) {
    return static_cast<uint8_t>(writer * 131 + number * 31 + i);
  }
  alignas(8) uint8_t bytes_[wire::kMaxRecordBytes];
};

bool write_one() { return TestRecord(0, 0).write(); }

class SegmentWriterTest : public testing::AgentFixture {
 protected:
  void SetUp() override {
    AgentFixture::SetUp();
    ASSERT_TRUE(ring_writer::ensure_segment());
  }
  static void fill_chunks(uint32_t count) {
    for (uint32_t i = 0; i < count * kLargestPerChunk; ++i) ASSERT_TRUE(write_one()) << i;
  }
  static uint64_t lost() { return ring_writer::counter_value(Counter::lost_ring_full); }
  /// Repeats `done` until it is true, for at most ten seconds.
  template <typename F>
  static bool eventually(F done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      sched_yield();
    }
    return true;
  }
};

TEST_F(SegmentWriterTest, AChunkIsOwnedByItsThreadUntilItIsFull) {
  ASSERT_TRUE(write_one());
  const SegmentReader segment(directory());
  EXPECT_EQ(segment.chunk_high_water(), 1u);
  EXPECT_EQ(segment.chunk_state(0), ChunkState::kOwned);
  EXPECT_EQ(segment.chunk(0).committed, wire::kMaxRecordBytes);
  EXPECT_EQ(segment.chunk(0).owner_tid, static_cast<uint32_t>(gettid()));
  fill_chunks(2);
  EXPECT_EQ(segment.chunk_high_water(), 3u);
  EXPECT_EQ(segment.chunk_state(0), ChunkState::kFull);
  EXPECT_EQ(segment.chunk(0).committed, kLargestPerChunk * wire::kMaxRecordBytes);
  EXPECT_EQ(segment.chunk_state(1), ChunkState::kFull);
  EXPECT_EQ(segment.chunk_state(2), ChunkState::kOwned);
  EXPECT_EQ(segment.records().size(), 2 * kLargestPerChunk + 1);
}

TEST_F(SegmentWriterTest, FreedChunksAreUsedAgainLowestFirst) {
  fill_chunks(5);
  SegmentReader segment(directory());
  segment.free_chunk(3);
  segment.free_chunk(1);
  fill_chunks(1);
  EXPECT_EQ(segment.chunk_state(1), ChunkState::kOwned);
  EXPECT_EQ(segment.chunk(1).consumed, 0u);
  EXPECT_EQ(segment.chunk_state(3), ChunkState::kFree);
  fill_chunks(1);
  EXPECT_EQ(segment.chunk_state(3), ChunkState::kOwned);
  EXPECT_EQ(segment.chunk_high_water(), 5u);
  fill_chunks(1);
  EXPECT_EQ(segment.chunk_high_water(), 6u);
}

TEST_F(SegmentWriterTest, AFullPoolDropsAndCountsAndGoesOnOnceThereIsRoom) {
  fill_chunks(wire::kChunkCount);
  const uint64_t before = lost();
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(write_one());
  EXPECT_EQ(lost(), before + 10);
  SegmentReader segment(directory());
  EXPECT_EQ(segment.chunk_high_water(), wire::kChunkCount);
  EXPECT_EQ(segment.records().size(), wire::kChunkCount * kLargestPerChunk);
  segment.free_chunk(1234);
  // It does not search at every record, but soon.
  int tries = 1;
  while (tries < 1000 && !write_one()) ++tries;
  EXPECT_LT(tries, 300);
  EXPECT_EQ(segment.chunk_state(1234), ChunkState::kOwned);
}

TEST_F(SegmentWriterTest, WhatAThreadLeftBehindIsTakenOverByAnother) {
  std::thread([] { ASSERT_TRUE(write_one()); }).join();
  const SegmentReader segment(directory());
  ASSERT_EQ(segment.chunk_state(0), ChunkState::kOwned);
  ASSERT_TRUE(write_one());
  EXPECT_EQ(segment.chunk(0).committed, 2 * wire::kMaxRecordBytes);
  // A thread that lives keeps what it has.
  std::thread([] { ASSERT_TRUE(write_one()); }).join();
  EXPECT_EQ(segment.chunk(0).committed, 2 * wire::kMaxRecordBytes);
  EXPECT_EQ(segment.chunk(1).committed, wire::kMaxRecordBytes);
}

TEST_F(SegmentWriterTest, RecordsOfEightThreadsArriveIntactWhileACollectorReads) {
  constexpr uint32_t kThreads = 8, kRecords = 4000;
  std::atomic<uint32_t> running{kThreads};
  std::vector<std::thread> writers;
  for (uint32_t t = 0; t < kThreads; ++t)
    writers.emplace_back([&, t] {
      for (uint32_t i = 0; i < kRecords; ++i) {
        const uint32_t size = 184 + (i * 40 + t * 8) % (wire::kMaxRecordBytes - 184 + 8) / 8 * 8;
        const TestRecord record(t + 1, i, size);
        while (!record.write()) sched_yield();
      }
      --running;
    });
  // As FORMAT.md has it: `committed` is read after the state, and a full chunk is freed once read.
  SegmentReader segment(directory());
  std::map<uint64_t, std::vector<uint32_t>> numbers;
  std::vector<uint32_t> consumed(wire::kChunkCount);
  const auto collect = [&] {
    for (uint32_t c = 0; c < segment.chunk_high_water(); ++c) {
      const ChunkState state = segment.chunk_state(c);
      if (state != ChunkState::kOwned && state != ChunkState::kFull) continue;
      const uint32_t committed = segment.chunk(c).committed;
      if (committed > consumed[c]) {
        for (const Record& record : segment.records_in(c, consumed[c], committed)) {
          EXPECT_TRUE(TestRecord::is_intact(record));
          numbers[record.fixed.connection_id].push_back(
              static_cast<uint32_t>(record.fixed.start_ns));
        }
        consumed[c] = committed;
      }
      if (state == ChunkState::kFull) {
        consumed[c] = 0;
        segment.free_chunk(c);
      }
    }
  };
  while (running.load() != 0) collect();
  for (std::thread& writer : writers) writer.join();
  collect();
  ASSERT_EQ(numbers.size(), kThreads);
  for (auto& [writer, seen] : numbers) {
    ASSERT_EQ(seen.size(), kRecords) << writer;
    std::sort(seen.begin(), seen.end());  // a round meets a writer's chunks in any order
    for (uint32_t i = 0; i < kRecords; ++i) ASSERT_EQ(seen[i], i) << writer;
  }
}

TEST_F(SegmentWriterTest, ASlotIsUsedAgainAndSeenWhileItIsInUse) {
  const SegmentReader segment(directory());
  wire::InFlightSlot* first = ring_writer::take_slot();
  ASSERT_NE(first, nullptr);
  EXPECT_GE(segment.slot_high_water(), 1u);
  const auto state = [&] { return segment.read_at<wire::SlotState>(wire::kSlotsOffset); };
  EXPECT_EQ(state(), wire::SlotState::kBuilding);
  ring_writer::give_back(first);
  EXPECT_EQ(state(), wire::SlotState::kFree);
  EXPECT_EQ(ring_writer::take_slot(), first);
}

TEST_F(SegmentWriterTest, CountersAreTheSumOverAllThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 20; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 1000; ++i) ring_writer::count(Counter::overhead_samples, 2);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ring_writer::counter_value(Counter::overhead_samples), 40'000u);
  const SegmentReader segment(directory());
  uint64_t sum = 0;
  for (uint32_t s = 0; s < wire::kCounterShardCount; ++s)
    sum += segment.read_at<uint64_t>(wire::kCountersOffset + s * sizeof(wire::CounterShard) +
                                     8 * static_cast<uint64_t>(Counter::overhead_samples));
  EXPECT_EQ(sum, 40'000u);
}

TEST_F(SegmentWriterTest, TheSignalOfAnAbortIsNoted) {
  ring_writer::note_fatal_signal(6);
  const SegmentReader segment(directory());
  EXPECT_EQ(segment.read_at<uint32_t>(offsetof(wire::SegmentHeader, fatal_signal)), 6u);
}

}  // namespace
}  // namespace seamtrace::agent
