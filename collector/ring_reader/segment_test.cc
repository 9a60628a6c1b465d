#include "collector/ring_reader/segment.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <utility>

#include "collector/ring_reader/testing/record_builder.h"
#include "collector/ring_reader/testing/recording_consumer.h"
#include "collector/ring_reader/testing/segment_builder.h"
#include "collector/support/directory.h"
#include "gtest/gtest.h"

namespace seamtrace::collector {
namespace {

using testing::ChannelDirectory;
using testing::RecordBuilder;
using testing::RecordingConsumer;
using testing::SegmentBuilder;
using Numbers = std::vector<uint64_t>;

std::string record(uint64_t number) {
  return RecordBuilder(number).request("GET / HTTP/1.1").bytes();
}

class SegmentTest : public ::testing::Test {
 protected:
  std::variant<std::unique_ptr<Segment>, Segment::Attach> try_attach() {
    auto directory = open_user_directory(directory_.base(), ::geteuid(), false);
    auto file = SegmentFile::open(
        directory->get(), builder_.path().substr(builder_.path().rfind('/') + 1), ::geteuid());
    EXPECT_TRUE(file) << file.error().message;
    return Segment::attach(1, std::move(*file), ::geteuid(), clock_);
  }
  std::unique_ptr<Segment> attach() {
    auto attempt = try_attach();
    auto* segment = std::get_if<std::unique_ptr<Segment>>(&attempt);
    return segment == nullptr ? nullptr : std::move(*segment);
  }
  uint64_t service(Segment& segment, uint64_t done = 0) {
    return segment.service(consumer_, done, 1 << 20, scratch_);
  }

  ChannelDirectory directory_;
  SegmentBuilder builder_{directory_};
  RecordingConsumer consumer_;
  ReadScratch scratch_;
  MachineClock clock_ = MachineClock::measure();
};

TEST_F(SegmentTest, ReadsRecordsOfOwnedAndFullChunksOnce) {
  const uint32_t first = builder_.claim(), second = builder_.claim();
  builder_.write(first, record(1));
  builder_.write(second, record(2));
  builder_.fill(second);
  const auto segment = attach();
  service(*segment);
  builder_.write(first, record(3));
  service(*segment);
  service(*segment);
  EXPECT_EQ(consumer_.numbers(), (Numbers{1, 2, 3}));
  EXPECT_EQ(segment->counts().invalid_records, 0u);
  EXPECT_TRUE(segment->everything_read());
}

TEST_F(SegmentTest, LearnsWhatTheProcessSaysOfItself) {
  const auto segment = attach();
  EXPECT_EQ(segment->facts().pid, static_cast<uint32_t>(::getpid()));
  EXPECT_EQ(segment->facts().executable_path, "/usr/bin/shop");
  EXPECT_EQ(segment->facts().command_line,
            (std::vector<std::string>{"/usr/bin/shop", "--port", "8080"}));
  EXPECT_EQ(segment->facts().host_name, "box");
}

TEST_F(SegmentTest, ProcessesOfOneMachineShareOneOffsetBetweenTheirClocks) {
  constexpr uint64_t kMillisecond = 1'000'000;
  const uint64_t then = monotonic_ns(), now = realtime_ns();
  const auto translated = [&](uint64_t created_realtime_ns) {
    builder_.header().created_monotonic_ns = then;
    builder_.header().created_realtime_ns = created_realtime_ns;
    return attach()->facts().clock.to_unix(then, now);
  };
  const uint64_t right = then + clock_.offset_ns;
  EXPECT_EQ(translated(right), right);
  EXPECT_EQ(translated(right - 90 * kMillisecond), right);
  EXPECT_EQ(translated(right + 90 * kMillisecond), right);
  // Another time namespace: its monotonic clock counts from elsewhere.
  EXPECT_EQ(translated(right - 110 * kMillisecond), right - 110 * kMillisecond);
  EXPECT_EQ(translated(right - 3'600'000 * kMillisecond), right - 3'600'000 * kMillisecond);
}

TEST_F(SegmentTest, AcknowledgesOnlyWhatIsDone) {
  const uint32_t chunk = builder_.claim();
  builder_.write(chunk, record(1));
  const auto segment = attach();
  service(*segment, 0);
  consumer_.sequence = 2;
  builder_.write(chunk, record(2));
  service(*segment, 0);
  EXPECT_EQ(builder_.descriptor(chunk).consumed, 0u);
  service(*segment, 1);
  EXPECT_EQ(builder_.descriptor(chunk).consumed, record(1).size());
  EXPECT_FALSE(segment->everything_acknowledged());
  service(*segment, 2);
  EXPECT_EQ(builder_.descriptor(chunk).consumed, builder_.descriptor(chunk).committed);
  EXPECT_TRUE(segment->everything_acknowledged());
}

TEST_F(SegmentTest, FreesAFullChunkOnceAllOfItIsDone) {
  const uint32_t chunk = builder_.claim();
  builder_.write(chunk, record(1));
  builder_.fill(chunk);
  const auto segment = attach();
  service(*segment, 0);
  EXPECT_EQ(builder_.descriptor(chunk).state, static_cast<uint32_t>(wire::ChunkState::kFull));
  service(*segment, 1);
  EXPECT_EQ(builder_.descriptor(chunk).state, static_cast<uint32_t>(wire::ChunkState::kFree));
  EXPECT_EQ(builder_.claim(), chunk);
  builder_.write(chunk, record(2));
  service(*segment, 1);
  EXPECT_EQ(consumer_.numbers(), (Numbers{1, 2}));
}

TEST_F(SegmentTest, AnOwnedChunkIsNeverFreed) {
  const uint32_t chunk = builder_.claim();
  builder_.write(chunk, record(1));
  const auto segment = attach();
  service(*segment);
  service(*segment, 1);
  EXPECT_EQ(builder_.descriptor(chunk).state, static_cast<uint32_t>(wire::ChunkState::kOwned));
}

TEST_F(SegmentTest, AChunkThatIsBeingClaimedIsLeftAlone) {
  const uint32_t chunk = builder_.claim();
  builder_.write(chunk, record(1));
  builder_.descriptor(chunk).state = static_cast<uint32_t>(wire::ChunkState::kClaimed);
  const auto segment = attach();
  service(*segment, 1);
  EXPECT_TRUE(consumer_.records.empty());
}

TEST_F(SegmentTest, ASuccessorReadsWhatWasNotAcknowledged) {
  const uint32_t chunk = builder_.claim();
  builder_.write(chunk, record(1));
  auto segment = attach();
  service(*segment, 0);
  service(*segment, 1);
  builder_.write(chunk, record(2));
  consumer_.sequence = 2;
  service(*segment, 1);
  EXPECT_EQ(consumer_.numbers(), (Numbers{1, 2}));
  segment.reset();  // killed: batch 2 was never done
  consumer_.records.clear();
  segment = attach();
  service(*segment);
  EXPECT_EQ(consumer_.numbers(), (Numbers{2}));
}

TEST_F(SegmentTest, ReadsNothingWhileTheConsumerIsFull) {
  const uint32_t chunk = builder_.claim();
  for (uint64_t i = 1; i <= 5; ++i) builder_.write(chunk, record(i));
  builder_.fill(chunk);
  const auto segment = attach();
  consumer_.most_records = 2;
  service(*segment, 1);
  service(*segment, 1);
  EXPECT_EQ(consumer_.numbers(), (Numbers{1, 2}));
  EXPECT_FALSE(segment->everything_read());
  EXPECT_EQ(builder_.descriptor(chunk).state, static_cast<uint32_t>(wire::ChunkState::kFull));
  consumer_.most_records = SIZE_MAX;
  service(*segment, 1);
  EXPECT_EQ(consumer_.numbers(), (Numbers{1, 2, 3, 4, 5}));
}

TEST_F(SegmentTest, UnderPressureRecordsAreAcknowledgedAtOnce) {
  for (uint32_t i = 0; i <= wire::kChunkCount / 2; ++i) {
    const uint32_t chunk = builder_.claim();
    builder_.write(chunk, record(i + 1));
    builder_.fill(chunk);
  }
  const auto segment = attach();
  service(*segment, 0);
  EXPECT_EQ(segment->chunks_in_use(), wire::kChunkCount / 2 + 1);
  service(*segment, 0);
  EXPECT_EQ(builder_.descriptor(0).state, static_cast<uint32_t>(wire::ChunkState::kFree));
  EXPECT_EQ(segment->counts().pressure_acknowledgements, wire::kChunkCount / 2 + 1);
}

TEST_F(SegmentTest, PaddingIsSkippedAndAcknowledged) {
  const uint32_t chunk = builder_.claim();
  std::string padding(64, 0);
  const uint32_t size = 64;
  std::memcpy(padding.data(), &size, sizeof(size));
  builder_.write(chunk, padding);
  builder_.write(chunk, record(1));
  builder_.write(chunk, padding);
  builder_.fill(chunk);
  const auto segment = attach();
  service(*segment, 0);
  EXPECT_EQ(consumer_.numbers(), (Numbers{1}));
  service(*segment, 1);
  EXPECT_EQ(builder_.descriptor(chunk).state, static_cast<uint32_t>(wire::ChunkState::kFree));
}

// ---- lies

struct Lie {
  const char* name;
  std::function<void(std::string& record)> tell;
};

template <typename T>
std::function<void(std::string&)> put(size_t offset, T value) {
  return [=](std::string& text) { std::memcpy(text.data() + offset, &value, sizeof(value)); };
}

TEST_F(SegmentTest, ABadRecordEndsItsChunkAndNoOther) {
  using wire::ExchangeRecord;
  const Lie lies[] = {
      {"size 0", put(0, uint32_t{0})},
      {"size 4", put(0, uint32_t{4})},
      {"unaligned size", put(0, uint32_t{201})},
      {"size beyond what is committed", put(0, uint32_t{wire::kChunkBytes})},
      {"huge size", put(0, UINT32_MAX - 7)},
      {"record smaller than an exchange", put(0, uint32_t{64})},
      {"unknown type", put(4, uint16_t{77})},
      {"unknown role", put(offsetof(ExchangeRecord, role), uint8_t{9})},
      {"role 0", put(offsetof(ExchangeRecord, role), uint8_t{0})},
      {"unknown protocol", put(offsetof(ExchangeRecord, protocol), uint8_t{9})},
      {"unknown association", put(offsetof(ExchangeRecord, association), uint8_t{9})},
      {"unknown outcome", put(offsetof(ExchangeRecord, outcome), uint8_t{99})},
      {"in flight, in a chunk",
       put(offsetof(ExchangeRecord, outcome), static_cast<uint8_t>(wire::Outcome::kInFlight))},
      {"more slices than there are", put(offsetof(ExchangeRecord, slice_count), uint16_t{9})},
      {"fewer slices than there are", put(offsetof(ExchangeRecord, slice_count), uint16_t{0})},
      {"slice bytes beyond the record", put(offsetof(ExchangeRecord, slice_bytes), UINT32_MAX)},
      {"slice longer than the rest", put(sizeof(ExchangeRecord) + 2, uint16_t{0xFFFF})},
      {"slice shorter than the rest", put(sizeof(ExchangeRecord) + 2, uint16_t{1})},
      {"no trace id",
       [](std::string& text) {
         std::memset(text.data() + offsetof(ExchangeRecord, trace_id), 0, 16);
       }},
      {"no span id",
       [](std::string& text) {
         std::memset(text.data() + offsetof(ExchangeRecord, span_id), 0, 8);
       }},
  };
  uint64_t expected = 0;
  const auto segment = attach();
  for (const Lie& lie : lies) {
    SCOPED_TRACE(lie.name);
    consumer_.records.clear();
    std::string bad = record(2);
    lie.tell(bad);
    const uint32_t chunk = builder_.claim(), other = builder_.claim();
    builder_.write(chunk, record(1));
    builder_.write(chunk, bad);
    builder_.write(chunk, record(3));
    builder_.fill(chunk);
    builder_.write(other, record(4));
    builder_.fill(other);
    service(*segment, 0);
    service(*segment, 0);
    EXPECT_EQ(consumer_.numbers(), (Numbers{1, 4}));
    EXPECT_EQ(segment->counts().invalid_records, ++expected);
    service(*segment, 1);  // the chunk goes back to the producer all the same
    EXPECT_EQ(builder_.descriptor(chunk).state, static_cast<uint32_t>(wire::ChunkState::kFree));
  }
}

TEST_F(SegmentTest, ALyingDescriptorIsCountedAndCostsItsChunkOnly) {
  const auto segment = attach();
  uint64_t expected = 0;
  for (const uint32_t committed : {wire::kChunkBytes + 8, UINT32_MAX, 13u}) {
    const uint32_t chunk = builder_.claim();
    builder_.write(chunk, record(1));
    builder_.descriptor(chunk).committed = committed;
    service(*segment);
    EXPECT_EQ(segment->counts().invalid_records, ++expected) << committed;
  }
  const uint32_t backwards = builder_.claim();
  builder_.write(backwards, record(7));
  service(*segment);
  builder_.descriptor(backwards).committed = 8;
  service(*segment);
  EXPECT_EQ(segment->counts().invalid_records, ++expected);
  EXPECT_EQ(consumer_.numbers(), (Numbers{7}));
}

TEST_F(SegmentTest, HighWaterMarksBeyondTheTablesAreCut) {
  builder_.header().chunk_high_water = UINT32_MAX;
  builder_.header().slot_high_water = UINT32_MAX;
  const uint32_t chunk = builder_.claim();
  builder_.write(chunk, record(1));
  const auto segment = attach();
  service(*segment);
  EXPECT_EQ(consumer_.numbers(), (Numbers{1}));
  EXPECT_EQ(segment->in_flight(), 0u);
}

TEST_F(SegmentTest, AFileThatShrinksEndsTheSegmentQuietly) {
  const uint32_t chunk = builder_.claim();
  builder_.write(chunk, record(1));
  const auto segment = attach();
  for (const uint64_t size : {wire::kChunksOffset + 100, wire::kDescriptorsOffset, uint64_t{0}}) {
    ASSERT_EQ(::truncate(builder_.path().c_str(), static_cast<off_t>(size)), 0);
    service(*segment, 1);
    EXPECT_EQ(segment->in_flight(), 0u);
    EXPECT_EQ(segment->fatal_signal(), 0);
    segment->counters();
    segment->control();
    service(*segment, 1);
    EXPECT_TRUE(segment->everything_read());
    EXPECT_TRUE(segment->everything_acknowledged());
  }
  EXPECT_TRUE(consumer_.records.empty());
}

TEST_F(SegmentTest, AnotherVersionOrGeometryIsForeign) {
  const auto foreign = [&] {
    const auto attempt = try_attach();
    const auto* why = std::get_if<Segment::Attach>(&attempt);
    return why != nullptr && *why == Segment::Attach::kForeign;
  };
  wire::SegmentHeader& header = builder_.header();
  const auto with = [&](uint32_t& field, uint32_t value) {
    const uint32_t before = std::exchange(field, value);
    const bool result = foreign();
    field = before;
    return result;
  };
  EXPECT_FALSE(foreign());
  EXPECT_TRUE(with(header.version, wire::kSegmentVersion + 1));
  EXPECT_TRUE(with(header.header_bytes, 96));
  EXPECT_TRUE(with(header.chunk_count, 4096));
  EXPECT_TRUE(with(header.chunk_bytes, 1 << 30));
  EXPECT_TRUE(with(header.slot_count, UINT32_MAX));
  EXPECT_TRUE(with(header.slot_bytes, 0));
  EXPECT_TRUE(with(header.record_version, 9));
  header.segment_bytes = 1;
  EXPECT_TRUE(foreign());
  header.segment_bytes = wire::kSegmentBytes;
  header.magic = 0x1234;
  EXPECT_TRUE(foreign());
  header.magic = 0;
  EXPECT_EQ(std::get<Segment::Attach>(try_attach()), Segment::Attach::kNotReady);
}

TEST_F(SegmentTest, AnUnreasonableClockIsNotBelieved) {
  builder_.header().created_realtime_ns = UINT64_MAX;
  const auto segment = attach();
  const uint64_t now = realtime_ns();
  const uint64_t time = segment->facts().clock.to_unix(UINT64_MAX, now);
  EXPECT_LE(time, now + 3'600'000'000'000u);
  EXPECT_GT(segment->facts().clock.to_unix(0, now), 0u);
}

// ---- slots, control, counters

TEST_F(SegmentTest, ShowsTheRequestsInFlightOfALiveProcess) {
  builder_.activate_slot(0, record(1));
  builder_.activate_slot(5, record(2));
  builder_.activate_slot(6, record(3));
  builder_.slot(6).state = static_cast<uint32_t>(wire::SlotState::kBuilding);
  builder_.activate_slot(7, std::string(64, '\xFF'));
  const auto segment = attach();
  int seen = 0;
  segment->visit_in_flight([&](const Record&) { ++seen; });
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(segment->in_flight(), 3u);
}

TEST_F(SegmentTest, TheSlotsOfADeadProducerBecomeRecords) {
  builder_.activate_slot(3, record(1));
  builder_.activate_slot(4, std::string(64, '\xFF'));
  const auto segment = attach();
  service(*segment);
  segment->producer_ended();
  EXPECT_TRUE(segment->read_in_flight(consumer_, {Death::Kind::kKilled, 9, 77}));
  ASSERT_EQ(consumer_.records.size(), 1u);
  EXPECT_EQ(consumer_.records[0].outcome, wire::Outcome::kInFlight);
  EXPECT_EQ(consumer_.records[0].death->signal, 9);
  EXPECT_EQ(segment->counts().invalid_records, 1u);
  EXPECT_FALSE(segment->everything_acknowledged());
  service(*segment, 1);
  EXPECT_TRUE(segment->everything_acknowledged());
}

TEST_F(SegmentTest, ARequestThatWasWrittenButStillHadItsSlotCountsOnce) {
  const uint32_t chunk = builder_.claim();
  builder_.write(chunk, record(1));
  builder_.write(chunk, record(2));
  builder_.activate_slot(0, record(2));
  builder_.activate_slot(1, record(3));
  const auto segment = attach();
  service(*segment);
  segment->read_in_flight(consumer_, {});
  EXPECT_EQ(consumer_.numbers(), (Numbers{1, 2, 3}));
}

TEST_F(SegmentTest, ChangesTheControlBlockAndBeats) {
  const auto segment = attach();
  ASSERT_TRUE(segment->change({false, wire::Sampler::kTraceIdRatio, 0.25}));
  EXPECT_EQ(builder_.control().tracing, 0u);
  EXPECT_EQ(builder_.control().sampler, static_cast<uint32_t>(wire::Sampler::kTraceIdRatio));
  EXPECT_EQ(builder_.control().rejection_threshold, wire::kRejectAll / 4 * 3);
  EXPECT_DOUBLE_EQ(segment->control()->ratio, 0.25);
  segment->change({true, std::nullopt, std::nullopt});
  EXPECT_EQ(builder_.control().tracing, 1u);
  EXPECT_DOUBLE_EQ(segment->control()->ratio, 0.25);
  segment->beat(12345);
  EXPECT_EQ(builder_.control().collector_heartbeat_ns, 12345u);
  EXPECT_EQ(builder_.control().collector_pid, static_cast<uint32_t>(::getpid()));
}

TEST_F(SegmentTest, SumsCountersOverTheShards) {
  builder_.count(wire::Counter::lost_ring_full, 2);
  builder_.count(wire::Counter::lost_no_memory, 3);
  builder_.count(wire::Counter::connections, 100);
  const Counters counters = attach()->counters();
  EXPECT_EQ(counters[static_cast<uint32_t>(wire::Counter::lost_ring_full)], 2u);
  EXPECT_EQ(lost_spans(counters), 5u);
}

TEST_F(SegmentTest, TellsOfTheDataStoresThatAreNamed) {
  const auto name = [&](uint32_t index, wire::Protocol protocol) -> wire::TargetStatistics& {
    wire::TargetStatistics& target = builder_.target(index);
    target.protocol = static_cast<uint8_t>(protocol);
    target.endpoint.port = static_cast<uint16_t>(6000 + index);
    target.state = static_cast<uint32_t>(wire::TargetState::kNamed);
    return target;
  };
  wire::TargetStatistics& redis = name(0, wire::Protocol::kRedis);
  redis.opened = 5;
  redis.closed = 2;
  redis.in_use = 1;
  redis.hits = 7;
  redis.use_nanoseconds = 11;
  redis.use_times[wire::kConnectionTimeBuckets - 1] = 4;
  name(1, static_cast<wire::Protocol>(wire::kLastProtocol + 1));  // from who knows where
  wire::TargetStatistics& torn = name(2, wire::Protocol::kMysql);
  torn.opened = 1;
  torn.closed = 9;  // read out of step, or a lie
  torn.in_use = 100;
  name(4, wire::Protocol::kMysql);  // behind one that is not named
  const std::vector<Target> targets = attach()->targets();
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].protocol, wire::Protocol::kRedis);
  EXPECT_EQ(targets[0].endpoint.port, 6000);
  EXPECT_EQ(targets[0].open(), 3u);
  EXPECT_EQ(targets[0].used(), 1u);
  EXPECT_EQ(targets[0].idle(), 2u);
  EXPECT_EQ(targets[0].hits, 7u);
  EXPECT_EQ(targets[0].use.nanoseconds, 11u);
  EXPECT_EQ(targets[0].use.buckets.back(), 4u);
  EXPECT_EQ(targets[1].open(), 0u);
  EXPECT_EQ(targets[1].used(), 0u);
}

}  // namespace
}  // namespace seamtrace::collector
