#include "collector/ring_reader/segment.h"

#include <algorithm>
#include <cstring>

#include "collector/ring_reader/segment_layout.h"

namespace seamtrace::collector {
namespace {

wire::ChunkState state_of(const wire::ChunkDescriptor& copy) {
  return static_cast<wire::ChunkState>(value_of(copy.state));
}
/// In the other states the agent may be changing the descriptor.
bool holds_records(wire::ChunkState state) {
  return state == wire::ChunkState::kOwned || state == wire::ChunkState::kFull;
}

}  // namespace

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

}  // namespace seamtrace::collector
