// The parts of Segment beside its chunks: attaching, requests in flight, control and counters.
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "collector/ring_reader/segment.h"
#include "collector/ring_reader/segment_layout.h"
#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

bool has_our_geometry(const wire::SegmentHeader& header) {
  return header.version == wire::kSegmentVersion &&
         header.header_bytes == sizeof(wire::SegmentHeader) &&
         header.segment_bytes == wire::kSegmentBytes && header.chunk_count == wire::kChunkCount &&
         header.chunk_bytes == wire::kChunkBytes && header.slot_count == wire::kInFlightSlotCount &&
         header.slot_bytes == wire::kInFlightSlotBytes &&
         header.record_version == wire::kRecordVersion;
}

}  // namespace

std::variant<std::unique_ptr<Segment>, Segment::Attach> Segment::attach(ProducerId id,
                                                                        SegmentFile file,
                                                                        uid_t owner,
                                                                        const MachineClock& clock) {
  uint64_t magic = 0;
  if (!file.read(wire::kHeaderOffset, &magic, sizeof(magic)) || magic == 0)
    return Attach::kNotReady;
  copies_in_order();
  wire::SegmentHeader header;
  if (magic != wire::kSegmentMagic || file.size() < wire::kSegmentBytes ||
      !file.read(wire::kHeaderOffset, &header, sizeof(header)) || !has_our_geometry(header))
    return Attach::kForeign;
  std::vector<char> info(wire::kProcessInfoBytes);
  if (!file.read(wire::kProcessInfoOffset, info.data(), info.size())) return Attach::kForeign;

  std::unique_ptr<Segment> segment(new Segment(id, std::move(file)));
  ProcessFacts& facts = segment->facts_;
  facts.pid = header.pid;
  facts.uid = owner;
  facts.pid_namespace = header.pid_namespace;
  facts.start_ticks = header.process_start_ticks;
  facts.created_realtime_ns = header.created_realtime_ns;
  facts.clock = ProducerClock(header.created_monotonic_ns, header.created_realtime_ns, clock);
  facts.segment_name = segment->file_.name();
  parse_process_info({info.data(), info.size()}, facts);
  if (!segment->take_over_cursors()) return Attach::kForeign;
  return segment;
}

std::optional<Record> Segment::copy_slot(uint32_t index, std::span<char> buffer,
                                         std::vector<Slice>& slices) const {
  constexpr auto kActive = static_cast<uint32_t>(wire::SlotState::kActive);
  constexpr size_t kRecord = offsetof(wire::InFlightSlot, record);
  uint32_t state = 0;
  if (!file_.read(slot_offset(index), &state, sizeof(state)) || state != kActive)
    return std::nullopt;
  if (!file_.read(slot_offset(index), buffer.data(), wire::kInFlightSlotBytes)) return std::nullopt;
  // Again, for a producer that is still alive: is it the same request?
  char again[kRecord + sizeof(wire::ExchangeRecord)];
  if (!file_.read(slot_offset(index), again, sizeof(again)) ||
      std::memcmp(again, buffer.data(), sizeof(again)) != 0)
    return std::nullopt;
  std::memcpy(&state, buffer.data(), sizeof(state));
  const std::string_view bytes(buffer.data() + kRecord, wire::kInFlightSlotBytes - kRecord);
  const auto size = record_size(bytes);
  if (state != kActive || !size) return std::nullopt;
  auto record = parse_record(bytes.substr(0, *size), slices);
  if (record) record->exchange.outcome = static_cast<uint8_t>(wire::Outcome::kInFlight);
  return record;
}

/// True when the exchange was finished and written, and the producer died before it could let go
/// of its slot. Such a record is the last one in its chunk.
bool Segment::ended_with(const wire::ExchangeRecord& exchange) const {
  return std::any_of(cursors_.begin(), cursors_.end(), [&](const Cursor& cursor) {
    return std::equal(cursor.last_span_id.begin(), cursor.last_span_id.end(), exchange.span_id);
  });
}

bool Segment::read_in_flight(RecordConsumer& consumer, const Death& death) {
  std::array<char, wire::kInFlightSlotBytes> buffer;
  std::vector<Slice> slices;
  for (const uint32_t end = slot_high_water(); next_slot_ < end; ++next_slot_) {
    if (!consumer.ready()) return false;
    uint32_t state = 0;
    if (!file_.read(slot_offset(next_slot_), &state, sizeof(state)) ||
        state != static_cast<uint32_t>(wire::SlotState::kActive))
      continue;
    auto record = copy_slot(next_slot_, buffer, slices);
    if (!record) ++counts_.invalid_records;
    if (!record || ended_with(record->exchange)) continue;
    record->death = death;
    ++counts_.records;
    remember(consumer.accept(id_, *record), kSlots, 0);
  }
  return true;
}

void Segment::visit_in_flight(const std::function<void(const Record&)>& visit) const {
  std::array<char, wire::kInFlightSlotBytes> buffer;
  std::vector<Slice> slices;
  for (uint32_t i = 0, end = slot_high_water(); i < end; ++i)
    if (const auto record = copy_slot(i, buffer, slices)) visit(*record);
}

uint32_t Segment::in_flight() const {
  uint32_t count = 0;
  for (uint32_t i = 0, end = slot_high_water(); i < end; ++i) {
    uint32_t state = 0;
    if (file_.read(slot_offset(i), &state, sizeof(state)) &&
        state == static_cast<uint32_t>(wire::SlotState::kActive))
      ++count;
  }
  return count;
}

uint32_t Segment::slot_high_water() const {
  uint32_t high = 0;
  file_.read(offsetof(wire::SegmentHeader, slot_high_water), &high, sizeof(high));
  return std::min(high, wire::kInFlightSlotCount);
}

std::vector<Target> Segment::targets() const {
  // Copied as raw bytes: the producer may be changing it, and its atomics cannot be copied.
  using Statistics = wire::TargetStatistics;
  std::array<char, sizeof(Statistics)> raw;
  const auto number = [&](size_t offset) {
    uint64_t value = 0;
    std::memcpy(&value, raw.data() + offset, sizeof value);
    return value;
  };
  const auto times = [&](size_t sum, size_t buckets) {
    ConnectionTimes result;
    result.nanoseconds = number(sum);
    for (size_t i = 0; i < result.buckets.size(); ++i)
      result.buckets[i] = number(buckets + i * sizeof(uint64_t));
    return result;
  };
  std::vector<Target> targets;
  for (uint32_t i = 0; i < wire::kTargetCount; ++i) {
    if (!file_.read(wire::kTargetsOffset + uint64_t{i} * raw.size(), raw.data(), raw.size())) break;
    uint32_t state = 0;
    std::memcpy(&state, raw.data() + offsetof(Statistics, state), sizeof state);
    const auto protocol = static_cast<uint8_t>(raw[offsetof(Statistics, protocol)]);
    if (state != static_cast<uint32_t>(wire::TargetState::kNamed)) break;
    if (protocol == 0 || protocol > wire::kLastProtocol) continue;
    Target& target = targets.emplace_back();
    target.protocol = static_cast<wire::Protocol>(protocol);
    std::memcpy(&target.endpoint, raw.data() + offsetof(Statistics, endpoint),
                sizeof target.endpoint);
    target.opened = number(offsetof(Statistics, opened));
    target.closed = number(offsetof(Statistics, closed));
    target.failed = number(offsetof(Statistics, failed));
    target.rejected = number(offsetof(Statistics, rejected));
    target.in_use = number(offsetof(Statistics, in_use));
    target.operations = number(offsetof(Statistics, operations));
    target.errors = number(offsetof(Statistics, errors));
    target.hits = number(offsetof(Statistics, hits));
    target.misses = number(offsetof(Statistics, misses));
    target.create =
        times(offsetof(Statistics, create_nanoseconds), offsetof(Statistics, create_times));
    target.use = times(offsetof(Statistics, use_nanoseconds), offsetof(Statistics, use_times));
  }
  return targets;
}

int Segment::fatal_signal() const {
  uint32_t signal = 0;
  file_.read(offsetof(wire::SegmentHeader, fatal_signal), &signal, sizeof(signal));
  return signal < 128 ? static_cast<int>(signal) : 0;
}

void Segment::beat(uint64_t now_ns) const {
  file_.write_value(wire::kControlOffset + offsetof(wire::ControlBlock, collector_heartbeat_ns),
                    now_ns);
  file_.write_value(wire::kControlOffset + offsetof(wire::ControlBlock, collector_pid),
                    static_cast<uint32_t>(::getpid()));
}

bool Segment::change(const ControlChange& change) const {
  bool stored = true;
  const auto store = [&](size_t field, auto value) {
    stored = file_.write_value(wire::kControlOffset + field, value) && stored;
  };
  if (change.ratio)
    store(offsetof(wire::ControlBlock, rejection_threshold),
          wire::rejection_threshold(*change.ratio));
  if (change.sampler)
    store(offsetof(wire::ControlBlock, sampler), static_cast<uint32_t>(*change.sampler));
  if (change.tracing)
    store(offsetof(wire::ControlBlock, tracing), static_cast<uint32_t>(*change.tracing));
  return stored;
}

std::optional<ControlState> Segment::control() const {
  wire::ControlBlock block;
  if (!file_.read(wire::kControlOffset, &block, sizeof(block))) return std::nullopt;
  const uint64_t rejected = std::min(value_of(block.rejection_threshold), wire::kRejectAll);
  return ControlState{value_of(block.tracing) == 1, value_of(block.sampler),
                      1.0 - static_cast<double>(rejected) / static_cast<double>(wire::kRejectAll)};
}

Counters Segment::counters() const {
  Counters sums{};
  std::array<uint64_t, sizeof(wire::CounterShard) / sizeof(uint64_t)> shard;
  for (uint32_t i = 0; i < wire::kCounterShardCount; ++i) {
    if (!file_.read(wire::kCountersOffset + uint64_t{i} * sizeof(wire::CounterShard), shard.data(),
                    sizeof(wire::CounterShard)))
      break;
    for (uint32_t k = 0; k < wire::kCounterCount; ++k) sums[k] += shard[k];
  }
  return sums;
}

}  // namespace seamtrace::collector
