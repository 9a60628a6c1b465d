#include "agent/connections/fd_table.h"

#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/platform.h"
#include "agent/runtime/spin_lock.h"

namespace seamtrace::agent::connections {

namespace internal {
std::atomic<FdEntry>* table;
constinit std::atomic<uint32_t> table_size{0};
std::atomic<uint32_t> fds_used{0};
}  // namespace internal

namespace {

constexpr uint32_t kMostFds = 1 << 20;
constexpr uint32_t kStep = 4096;  // entries: 32 KiB

uint32_t reserved;
SpinLock growth;

bool grow(uint32_t needed) {
  SpinLockHolder lock(growth);
  if (!lock || needed > reserved) return false;
  const uint32_t size = internal::table_size.load(std::memory_order_relaxed);
  if (needed <= size) return true;
  const uint32_t larger = (needed + kStep - 1) / kStep * kStep;
  if (!make_usable(internal::table + size, (larger - size) * sizeof(FdEntry))) return false;
  internal::table_size.store(larger, std::memory_order_release);
  return true;
}

}  // namespace

bool open_table() {
  if (internal::table != nullptr) return true;
  // With a tight RLIMIT_AS a smaller table may still fit.
  for (uint32_t size = kMostFds; size >= kStep; size >>= 4) {
    void* memory = reserve(size * sizeof(FdEntry));
    if (memory == nullptr) continue;
    internal::table = static_cast<std::atomic<FdEntry>*>(memory);
    reserved = size;
    return grow(1);
  }
  return false;
}

void unlock_table_after_fork() { growth.reset(); }

FdEntry replace_entry(int fd, FdEntry entry) {
  const auto number = static_cast<uint32_t>(fd);
  if (number >= internal::table_size.load(std::memory_order_acquire)) {
    // What is not in the table is not traced anyway.
    if (fd < 0 || entry == kNotTraced) return kNotTraced;
    if (!grow(number + 1)) {
      if (is_connection(entry)) ring_writer::count(wire::Counter::bypass_fd_too_large);
      return kNotTraced;
    }
  }
  uint32_t used = internal::fds_used.load(std::memory_order_relaxed);
  while (number >= used &&
         !internal::fds_used.compare_exchange_weak(used, number + 1, std::memory_order_relaxed)) {
  }
  return internal::table[number].exchange(entry, std::memory_order_acq_rel);
}

bool replace_entry_if(int fd, FdEntry expected, FdEntry entry) {
  return static_cast<uint32_t>(fd) < internal::table_size.load(std::memory_order_acquire) &&
         internal::table[fd].compare_exchange_strong(expected, entry, std::memory_order_acq_rel);
}

}  // namespace seamtrace::agent::connections
