#include "agent/connections/fd_table.h"

#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/platform.h"

namespace seamtrace::agent::connections {

namespace internal {
std::atomic<FdEntry>* table;
uint32_t table_size;
std::atomic<uint32_t> fds_used{0};
}  // namespace internal

bool open_table() {
  // With a tight RLIMIT_AS a smaller table may still fit.
  for (uint32_t size = 1 << 20; size >= 1 << 12; size >>= 4) {
    void* memory = map_anonymous(size * sizeof(FdEntry));
    if (memory == nullptr) continue;
    internal::table = static_cast<std::atomic<FdEntry>*>(memory);
    internal::table_size = size;
    return true;
  }
  return false;
}

FdEntry replace_entry(int fd, FdEntry entry) {
  const auto number = static_cast<uint32_t>(fd);
  if (number >= internal::table_size) {
    if (fd >= 0 && is_connection(entry)) ring_writer::count(wire::Counter::bypass_fd_too_large);
    return kNotTraced;
  }
  uint32_t used = internal::fds_used.load(std::memory_order_relaxed);
  while (number >= used &&
         !internal::fds_used.compare_exchange_weak(used, number + 1, std::memory_order_relaxed)) {
  }
  return internal::table[number].exchange(entry, std::memory_order_acq_rel);
}

void replace_entry_if(int fd, FdEntry expected, FdEntry entry) {
  if (static_cast<uint32_t>(fd) < internal::table_size)
    internal::table[fd].compare_exchange_strong(expected, entry, std::memory_order_acq_rel);
}

}  // namespace seamtrace::agent::connections
