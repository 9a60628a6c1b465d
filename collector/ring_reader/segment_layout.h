// Where things lie in a segment, and how to look at private copies of them.
#pragma once

#include <atomic>
#include <cstdint>

#include "wire/segment.h"

namespace seamtrace::collector {

constexpr uint64_t descriptor_offset(uint32_t chunk) {
  return wire::kDescriptorsOffset + uint64_t{chunk} * sizeof(wire::ChunkDescriptor);
}
constexpr uint64_t chunk_offset(uint32_t chunk) {
  return wire::kChunksOffset + uint64_t{chunk} * wire::kChunkBytes;
}
constexpr uint64_t slot_offset(uint32_t slot) {
  return wire::kSlotsOffset + uint64_t{slot} * wire::kInFlightSlotBytes;
}

/// What is copied after this is not older than what was copied before.
inline void copies_in_order() {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"  // it does not know fences; the other side is a process
#endif
  std::atomic_thread_fence(std::memory_order_acquire);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
}

/// The fields of wire structures are atomics; here they are private copies.
template <typename T>
T value_of(const std::atomic<T>& copy) {
  return copy.load(std::memory_order_relaxed);
}

}  // namespace seamtrace::collector
