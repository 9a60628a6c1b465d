#include "collector/ring_reader/segment.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace seamtrace::collector {
namespace {

constexpr uint64_t descriptor_offset(uint32_t chunk) {
  return wire::kDescriptorsOffset + uint64_t{chunk} * sizeof(wire::ChunkDescriptor);
}
constexpr uint64_t chunk_offset(uint32_t chunk) {
  return wire::kChunksOffset + uint64_t{chunk} * wire::kChunkBytes;
}
constexpr uint64_t slot_offset(uint32_t slot) {
  return wire::kSlotsOffset + uint64_t{slot} * wire::kInFlightSlotBytes;
}

/// The fields of wire structures are atomics; here they are private copies.
template <typename T>
T value_of(const std::atomic<T>& copy) {
  return copy.load(std::memory_order_relaxed);
}

/// What is copied after this is not older than what was copied before.
void copies_in_order() {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"  // it does not know fences; the other side is a process
#endif
  std::atomic_thread_fence(std::memory_order_acquire);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
}

wire::ChunkState state_of(const wire::ChunkDescriptor& copy) {
  return static_cast<wire::ChunkState>(value_of(copy.state));
}
/// In the other states the agent may be changing the descriptor.
bool holds_records(wire::ChunkState state) {
  return state == wire::ChunkState::kOwned || state == wire::ChunkState::kFull;
}

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
                                                                        uid_t owner) {
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
  facts.clock = ProducerClock(header.created_monotonic_ns, header.created_realtime_ns);
  facts.segment_name = segment->file_.name();
  parse_process_info({info.data(), info.size()}, facts);
  if (!segment->take_over_cursors()) return Attach::kForeign;
  return segment;
}

/// Begins each chunk where our predecessor's acknowledgements ended.
bool Segment::take_over_cursors() {
  cursors_.resize(chunk_high_water());
  std::vector<wire::ChunkDescriptor> descriptors(cursors_.size());
  if (!file_.read(wire::kDescriptorsOffset, descriptors.data(),
                  descriptors.size() * sizeof(wire::ChunkDescriptor)))
    return false;
  for (size_t i = 0; i < descriptors.size(); ++i) {
    const uint32_t consumed = value_of(descriptors[i].consumed);
    if (!holds_records(state_of(descriptors[i])) || consumed > value_of(descriptors[i].committed))
      continue;
    Cursor& cursor = cursors_[i];
    cursor.read = cursor.acknowledged = cursor.written = consumed;
  }
  return true;
}

uint32_t Segment::chunk_high_water() {
  uint32_t high = 0;
  if (!file_.read(offsetof(wire::SegmentHeader, chunk_high_water), &high, sizeof(high)))
    broken_ = true;
  return std::max<uint32_t>(std::min(high, wire::kChunkCount),
                            static_cast<uint32_t>(cursors_.size()));
}

uint32_t Segment::slot_high_water() const {
  uint32_t high = 0;
  file_.read(offsetof(wire::SegmentHeader, slot_high_water), &high, sizeof(high));
  return std::min(high, wire::kInFlightSlotCount);
}

int Segment::fatal_signal() const {
  uint32_t signal = 0;
  file_.read(offsetof(wire::SegmentHeader, fatal_signal), &signal, sizeof(signal));
  return signal < 128 ? static_cast<int>(signal) : 0;
}

uint64_t Segment::service(RecordConsumer& consumer, uint64_t done_sequence, uint64_t budget,
                          ReadScratch& scratch) {
  acknowledge(done_sequence);
  const uint32_t count = broken_ ? 0 : chunk_high_water();
  cursors_.resize(std::max<size_t>(cursors_.size(), count));
  if (count > 0 && !file_.read(wire::kDescriptorsOffset, scratch.descriptors.data(),
                               count * sizeof(wire::ChunkDescriptor)))
    broken_ = true;
  if (broken_) {
    pending_.clear();
    everything_read_ = true;
    return 0;
  }

  uint64_t bytes = 0;
  uint32_t in_use = 0;
  bool all = true;
  if (next_chunk_ >= count) next_chunk_ = 0;
  const uint32_t first = next_chunk_;
  for (uint32_t step = 0; step < count; ++step) {
    const uint32_t index = first + step < count ? first + step : first + step - count;
    const wire::ChunkState state = state_of(scratch.descriptors[index]);
    if (!holds_records(state)) continue;
    ++in_use;
    const uint32_t committed = value_of(scratch.descriptors[index].committed);
    Cursor& cursor = cursors_[index];
    if (!cursor.poisoned && committed != cursor.read) {
      if (bytes >= budget || !consumer.ready()) {
        if (all) next_chunk_ = index;
        all = false;
      } else {
        const uint32_t before = cursor.read;
        read_chunk(index, committed, consumer, scratch);
        bytes += cursor.read - before;
        if (!cursor.poisoned && cursor.read != committed) all = false;
      }
    }
    settle(index, state);
  }
  everything_read_ = all;
  chunks_in_use_ = in_use;
  if (!producer_ended_ && (in_use > wire::kChunkCount / 2 || pending_.size() > kMostPending)) {
    for (const Pending& pending : pending_) counts_.pressure_acknowledgements += pending.records;
    acknowledge(UINT64_MAX);
  }
  return bytes;
}

void Segment::read_chunk(uint32_t index, uint32_t committed, RecordConsumer& consumer,
                         ReadScratch& scratch) {
  Cursor& cursor = cursors_[index];
  copies_in_order();
  // The copy of the descriptor may be older in its second half than in its first: a chunk that
  // was taken a moment ago must not show what it held before.
  if (cursor.read == 0 &&
      !file_.read(descriptor_offset(index) + offsetof(wire::ChunkDescriptor, committed), &committed,
                  sizeof(committed)))
    return;
  if (committed > wire::kChunkBytes || committed % 8 != 0 || committed < cursor.read)
    return poison(cursor);
  const size_t size = committed - cursor.read;
  if (!file_.read(chunk_offset(index) + cursor.read, scratch.chunk.data(), size)) {
    broken_ = true;
    return;
  }
  std::string_view bytes(scratch.chunk.data(), size);
  while (!bytes.empty() && consumer.ready()) {
    const auto record_bytes = record_size(bytes);
    if (!record_bytes) return poison(cursor);
    uint16_t type = 0;
    std::memcpy(&type, bytes.data() + offsetof(wire::RecordHeader, type), sizeof(type));
    if (type != static_cast<uint16_t>(wire::RecordType::kPadding)) {
      const auto record = parse_record(bytes.substr(0, *record_bytes), scratch.slices);
      if (!record || record->exchange.outcome == static_cast<uint8_t>(wire::Outcome::kInFlight))
        return poison(cursor);
      ++counts_.records;
      std::copy_n(record->exchange.span_id, cursor.last_span_id.size(),
                  cursor.last_span_id.begin());
      remember(consumer.accept(id_, *record), index, cursor.read + *record_bytes);
    } else if (pending_.empty()) {
      cursor.acknowledged = cursor.read + *record_bytes;
    } else {
      remember(pending_.back().sequence, index, cursor.read + *record_bytes);
      --pending_.back().records;
    }
    cursor.read += *record_bytes;
    bytes.remove_prefix(*record_bytes);
  }
}

void Segment::poison(Cursor& cursor) {
  ++counts_.invalid_records;
  cursor.poisoned = true;
}

/// Stores acknowledgements, and frees a chunk that its owner has left and that is done with.
void Segment::settle(uint32_t index, wire::ChunkState state) {
  Cursor& cursor = cursors_[index];
  const auto store = [&](size_t field, uint32_t value) {
    return file_.write_value(descriptor_offset(index) + field, value);
  };
  if (state == wire::ChunkState::kFull && cursor.acknowledged == cursor.read) {
    // `committed` is final only if it was copied after the state was seen to be kFull.
    copies_in_order();
    uint32_t committed = 0;
    if (!file_.read(descriptor_offset(index) + offsetof(wire::ChunkDescriptor, committed),
                    &committed, sizeof(committed)))
      return;
    if (cursor.poisoned || committed == cursor.acknowledged) {
      if (!store(offsetof(wire::ChunkDescriptor, state),
                 static_cast<uint32_t>(wire::ChunkState::kFree)))
        return;
      const auto last_span_id = cursor.last_span_id;
      cursor = {};
      cursor.last_span_id = last_span_id;
      return;
    }
  }
  if (cursor.written != cursor.acknowledged &&
      store(offsetof(wire::ChunkDescriptor, consumed), cursor.acknowledged))
    cursor.written = cursor.acknowledged;
}

void Segment::remember(uint64_t sequence, uint32_t chunk, uint32_t offset) {
  if (!pending_.empty() && pending_.back().chunk == chunk && pending_.back().sequence == sequence) {
    pending_.back().offset = offset;
    ++pending_.back().records;
  } else {
    pending_.push_back({sequence, chunk, offset, 1});
  }
}

void Segment::acknowledge(uint64_t done_sequence) {
  while (!pending_.empty() && pending_.front().sequence <= done_sequence) {
    const Pending& pending = pending_.front();
    if (pending.chunk < cursors_.size()) cursors_[pending.chunk].acknowledged = pending.offset;
    pending_.pop_front();
  }
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
