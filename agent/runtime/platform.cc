#include "agent/runtime/platform.h"

#include <sys/mman.h>
#include <time.h>

namespace seamtrace::agent {

constinit std::atomic<bool> sandboxed{false};

void* reserve(size_t bytes) {
  const long result = optional_syscall(SYS_mmap, 0, static_cast<long>(bytes), PROT_NONE,
                                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return result < 0 && result > -4096 ? nullptr : reinterpret_cast<void*>(result);
}

bool make_usable(void* address, size_t bytes) {
  return optional_syscall(SYS_mprotect, as_argument(address), static_cast<long>(bytes),
                          PROT_READ | PROT_WRITE) == 0;
}

void unmap(void* address, size_t bytes) {
  raw_syscall(SYS_munmap, as_argument(address), static_cast<long>(bytes));
}

namespace {
uint64_t read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);  // the vDSO: no system call
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}
}  // namespace

uint64_t monotonic_ns() { return read_clock(CLOCK_MONOTONIC); }
uint64_t realtime_ns() { return read_clock(CLOCK_REALTIME); }

uint32_t current_tid() {
  const long tid = optional_syscall(SYS_gettid);
  return tid < 0 ? 0 : static_cast<uint32_t>(tid);
}
uint32_t current_pid() {
  const long pid = optional_syscall(SYS_getpid);
  return pid < 0 ? 0 : static_cast<uint32_t>(pid);
}

}  // namespace seamtrace::agent
