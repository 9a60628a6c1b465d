#include "agent/ring_writer/segment_writer.h"

#include <string.h>

#include "agent/ring_writer/segment_file.h"
#include "agent/runtime/platform.h"
#include "agent/runtime/pool.h"
#include "agent/runtime/spin_lock.h"
#include "agent/runtime/thread_state.h"

namespace seamtrace::agent::ring_writer {

namespace {

using wire::ChunkDescriptor;
using wire::ChunkState;
using wire::Counter;

enum class SegmentState : uint32_t { kNone, kCreating, kReady, kImpossible };

constexpr uint32_t kSlotGroup = 32;  // populated together: 64 KiB

struct SlotIndex {
  std::atomic<uint32_t> pool_next;
};

constinit wire::CounterShard private_counters[wire::kCounterShardCount]{};
constinit wire::ControlBlock private_control{};
std::atomic<SegmentState> segment_state{SegmentState::kNone};
uint8_t* base;
SpinLock growth_lock;
Pool<SlotIndex, wire::kInFlightSlotCount> free_slots;
std::atomic<uint32_t> populated_slots{0};
std::atomic<uint32_t> populated_chunks{0};

bool segment_ready() {
  return segment_state.load(std::memory_order_acquire) == SegmentState::kReady;
}

wire::SegmentHeader& header() {
  return *reinterpret_cast<wire::SegmentHeader*>(base + wire::kHeaderOffset);
}
ChunkDescriptor* descriptors() {
  return reinterpret_cast<ChunkDescriptor*>(base + wire::kDescriptorsOffset);
}
uint8_t* chunk_bytes(uint32_t index) {
  return base + wire::kChunksOffset + uint64_t{index} * wire::kChunkBytes;
}
wire::InFlightSlot* slot(uint32_t index) {
  return reinterpret_cast<wire::InFlightSlot*>(base + wire::kSlotsOffset +
                                               uint64_t{index} * wire::kInFlightSlotBytes);
}

wire::CounterShard* shards() {
  return segment_ready() ? reinterpret_cast<wire::CounterShard*>(base + wire::kCountersOffset)
                         : private_counters;
}

void move_private_counters() {
  auto* shared = reinterpret_cast<wire::CounterShard*>(base + wire::kCountersOffset);
  for (uint32_t c = 0; c < wire::kCounterCount; ++c)
    for (wire::CounterShard& shard : private_counters)
      shared[0].value[c].fetch_add(shard.value[c].exchange(0, std::memory_order_relaxed),
                                   std::memory_order_relaxed);
}

void fill_private_control() {
  private_control.tracing.store(1, std::memory_order_relaxed);
  private_control.sampler.store(static_cast<uint32_t>(settings.sampler), std::memory_order_relaxed);
  private_control.rejection_threshold.store(settings.rejection_threshold,
                                            std::memory_order_relaxed);
}

/// Another thread is creating the segment: that takes some hundred microseconds, on a slow disk
/// milliseconds, and a request that came at the same moment shall not be lost.
bool wait_for_creation() {
  wait_briefly(
      [] { return segment_state.load(std::memory_order_acquire) != SegmentState::kCreating; });
  // Not seen to end: its thread may have left it by a longjmp. Nobody waits for it again.
  SegmentState state = SegmentState::kCreating;
  segment_state.compare_exchange_strong(state, SegmentState::kImpossible);
  return state == SegmentState::kReady;
}

bool claim(uint32_t index) {
  ChunkDescriptor& descriptor = descriptors()[index];
  uint32_t expected = static_cast<uint32_t>(ChunkState::kFree);
  if (descriptor.state.load(std::memory_order_relaxed) != expected) return false;
  if (!descriptor.state.compare_exchange_strong(
          expected, static_cast<uint32_t>(ChunkState::kClaimed), std::memory_order_acquire))
    return false;
  ThreadState& thread = thread_state;
  if (thread.tid == 0) thread.tid = current_tid();
  descriptor.committed.store(0, std::memory_order_relaxed);
  descriptor.consumed.store(0, std::memory_order_relaxed);
  descriptor.owner_tid.store(thread.tid, std::memory_order_relaxed);
  descriptor.state.store(static_cast<uint32_t>(ChunkState::kOwned), std::memory_order_release);
  thread.chunk_index = index + 1;
  thread.chunk_used = 0;
  return true;
}

/// Populates one more chunk and claims it.
bool claim_new_chunk() {
  SpinLockHolder lock(growth_lock);
  if (!lock) return false;
  const uint32_t index = populated_chunks.load(std::memory_order_relaxed);
  if (index == wire::kChunkCount) return false;
  if (!populate(chunk_bytes(index), wire::kChunkBytes)) {
    count(Counter::lost_no_memory);
    return false;
  }
  const bool claimed = claim(index);
  populated_chunks.store(index + 1, std::memory_order_release);
  header().chunk_high_water.store(index + 1, std::memory_order_release);
  return claimed;
}

/// Threads that ended left their last chunk owned: takes one of them over, with the room that is
/// left in it, or hands it to the collector. Looks at a few chunks a call, going round; asks the
/// kernel, which is the one system call of this file's hot side. Only when nothing is free.
bool take_over_chunk_of_ended_thread(uint32_t most) {
  static std::atomic<uint32_t> cursor{0};
  ThreadState& thread = thread_state;
  const uint32_t populated = populated_chunks.load(std::memory_order_acquire);
  if (thread.tid == 0) thread.tid = current_tid();
  if (populated == 0 || thread.tid == 0) return false;
  for (uint32_t n = 0; n < most && n < populated; ++n) {
    const uint32_t index = cursor.fetch_add(1, std::memory_order_relaxed) % populated;
    ChunkDescriptor& descriptor = descriptors()[index];
    if (descriptor.state.load(std::memory_order_acquire) !=
        static_cast<uint32_t>(ChunkState::kOwned))
      continue;
    uint32_t owner = descriptor.owner_tid.load(std::memory_order_relaxed);
    if (owner == 0 || (owner != thread.tid &&
                       optional_syscall(SYS_tgkill, process_state.pid, owner, 0) != -ESRCH))
      continue;
    // Marked while it changes hands, so that no two threads take it.
    if (!descriptor.owner_tid.compare_exchange_strong(owner, 0, std::memory_order_acquire))
      continue;
    const uint32_t used = descriptor.committed.load(std::memory_order_relaxed);
    if (used + wire::kInFlightSlotBytes > wire::kChunkBytes) {
      descriptor.state.store(static_cast<uint32_t>(ChunkState::kFull), std::memory_order_release);
      continue;
    }
    descriptor.owner_tid.store(thread.tid, std::memory_order_relaxed);
    thread.chunk_index = index + 1;
    thread.chunk_used = used;
    return true;
  }
  return false;
}

bool acquire_chunk() {
  ThreadState& thread = thread_state;
  if (thread.full_countdown != 0) {
    --thread.full_countdown;
    return false;
  }
  if (thread.chunk_index != 0) {
    descriptors()[thread.chunk_index - 1].state.store(static_cast<uint32_t>(ChunkState::kFull),
                                                      std::memory_order_release);
    thread.chunk_index = 0;
  }
  // Lowest first: what is in use stays compact, in memory and for the collector's eyes.
  const uint32_t populated = populated_chunks.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < populated; ++i)
    if (claim(i)) return true;
  constexpr uint32_t kLooks = 8;
  if (take_over_chunk_of_ended_thread(kLooks) || claim_new_chunk() ||
      take_over_chunk_of_ended_thread(wire::kChunkCount))
    return true;
  constexpr uint32_t kDropsBetweenSearches = 256;
  thread.full_countdown = kDropsBetweenSearches;
  return false;
}

}  // namespace

void count(Counter counter, uint64_t amount) {
  ThreadState& thread = thread_state;
  if (thread.counter_shard == 0) {
    static std::atomic<uint32_t> next{0};
    thread.counter_shard =
        1 + next.fetch_add(1, std::memory_order_relaxed) % wire::kCounterShardCount;
  }
  shards()[thread.counter_shard - 1].value[static_cast<uint32_t>(counter)].fetch_add(
      amount, std::memory_order_relaxed);
}

uint64_t counter_value(Counter counter) {
  const wire::CounterShard* all = shards();
  uint64_t sum = 0;
  for (uint32_t i = 0; i < wire::kCounterShardCount; ++i)
    sum += all[i].value[static_cast<uint32_t>(counter)].load(std::memory_order_relaxed);
  return sum;
}

bool ensure_segment() {
  SegmentState state = segment_state.load(std::memory_order_acquire);
  if (__builtin_expect(state == SegmentState::kReady, 1)) return true;
  if (state == SegmentState::kNone &&
      segment_state.compare_exchange_strong(state, SegmentState::kCreating)) {
    fill_private_control();
    const bool allowed = !settings.propagation_only && !sandboxed.load(std::memory_order_relaxed);
    if (sandboxed.load(std::memory_order_relaxed)) count(Counter::bypass_sandboxed);
    base = allowed && free_slots.open() ? create_segment() : nullptr;
    if (base != nullptr) move_private_counters();
    segment_state.store(base != nullptr ? SegmentState::kReady : SegmentState::kImpossible,
                        std::memory_order_release);
    state = segment_state.load(std::memory_order_relaxed);
    if (state == SegmentState::kReady) return true;
  }
  if (state == SegmentState::kCreating && wait_for_creation()) return true;
  if (!settings.propagation_only) count(Counter::bypass_no_segment);
  return false;
}

const wire::ControlBlock& control() {
  return segment_ready() ? *reinterpret_cast<wire::ControlBlock*>(base + wire::kControlOffset)
                         : private_control;
}

wire::TargetStatistics* target_table() {
  return segment_ready() ? reinterpret_cast<wire::TargetStatistics*>(base + wire::kTargetsOffset)
                         : nullptr;
}

wire::InFlightSlot* take_slot() {
  SlotIndex* index = free_slots.take();
  if (index == nullptr) return nullptr;
  const uint32_t number = free_slots.index_of(index);
  if (number >= populated_slots.load(std::memory_order_acquire)) {
    SpinLockHolder lock(growth_lock);
    while (lock && number >= populated_slots.load(std::memory_order_relaxed)) {
      const uint32_t from = populated_slots.load(std::memory_order_relaxed);
      if (!populate(reinterpret_cast<uint8_t*>(slot(from)), kSlotGroup * wire::kInFlightSlotBytes))
        break;
      populated_slots.store(from + kSlotGroup, std::memory_order_release);
      header().slot_high_water.store(from + kSlotGroup, std::memory_order_release);
    }
    if (number >= populated_slots.load(std::memory_order_relaxed)) {
      free_slots.give_back(index);
      return nullptr;
    }
  }
  wire::InFlightSlot* taken = slot(number);
  taken->state.store(static_cast<uint32_t>(wire::SlotState::kBuilding), std::memory_order_relaxed);
  return taken;
}

void give_back(wire::InFlightSlot* taken) {
  taken->state.store(static_cast<uint32_t>(wire::SlotState::kFree), std::memory_order_release);
  const uint64_t offset = static_cast<uint64_t>(reinterpret_cast<uint8_t*>(taken) - base);
  free_slots.give_back(free_slots.at(
      static_cast<uint32_t>((offset - wire::kSlotsOffset) / wire::kInFlightSlotBytes)));
}

bool write_record(const wire::ExchangeRecord& record) {
  ThreadState& thread = thread_state;
  const uint32_t size = record.header.size;
  if (thread.chunk_index == 0 || thread.chunk_used + size > wire::kChunkBytes) {
    if (!acquire_chunk()) {
      count(Counter::lost_ring_full);
      return false;
    }
  }
  const uint32_t index = thread.chunk_index - 1;
  memcpy(chunk_bytes(index) + thread.chunk_used, &record, size);
  thread.chunk_used += size;
  descriptors()[index].committed.store(thread.chunk_used, std::memory_order_release);
  return true;
}

void note_fatal_signal(int signal_number) {
  if (segment_ready())
    header().fatal_signal.store(static_cast<uint32_t>(signal_number), std::memory_order_relaxed);
}

void forget_segment() {
  base = nullptr;
  growth_lock.reset();
  free_slots.reset();
  populated_slots.store(0, std::memory_order_relaxed);
  populated_chunks.store(0, std::memory_order_relaxed);
  memset(static_cast<void*>(private_counters), 0, sizeof private_counters);
  segment_state.store(SegmentState::kNone, std::memory_order_release);
}

}  // namespace seamtrace::agent::ring_writer
