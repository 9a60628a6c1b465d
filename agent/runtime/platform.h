// Platform: the kernel, without going through functions that the agent itself interposes.
// Threads: any.
// Failure: results are the kernel's: -errno on failure; errno is never touched.
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include <atomic>

namespace seamtrace::agent {

/// One system call. Returns its result, or -errno.
inline long raw_syscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                        long f = 0) {
#if defined(__x86_64__)
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
#else
#error "Seamtrace's agent needs a system call primitive for this processor: add it here."
#endif
}

/// The program has confined itself (seccomp): a system call of ours that the program itself does
/// not make may kill it. Set once, also inherited by forked children.
extern std::atomic<bool> sandboxed;

/// A system call that can be done without: -EPERM in a sandbox.
inline long optional_syscall(long number, long a = 0, long b = 0, long c = 0, long d = 0,
                             long e = 0, long f = 0) {
  return sandboxed.load(std::memory_order_relaxed) ? -EPERM : raw_syscall(number, a, b, c, d, e, f);
}

template <typename T>
long as_argument(T* pointer) {
  return reinterpret_cast<long>(pointer);
}

/// Address space alone: nothing in it can be used before make_usable(). So a program that locks its
/// memory (mlockall) locks of ours only what is in use. Null on failure.
void* reserve(size_t bytes);
/// Makes a page-aligned part of a reservation readable and writable. False on failure.
bool make_usable(void* address, size_t bytes);
void unmap(void* address, size_t bytes);

/// CLOCK_MONOTONIC in nanoseconds.
uint64_t monotonic_ns();
/// CLOCK_REALTIME in nanoseconds since 1970.
uint64_t realtime_ns();

/// The calling thread's id in the kernel; 0 in a sandbox.
uint32_t current_tid();
uint32_t current_pid();

/// Hint to the processor that this thread is spinning.
inline void cpu_relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Lets another thread run that this one waits for.
inline void yield_processor() {
  if (optional_syscall(SYS_sched_yield) != 0) cpu_relax();
}

/// Gives way until done() holds, for 20 ms at most: whoever is waited for may be stopped. By the
/// clock, because a yield to nobody is over at once.
template <typename Done>
void wait_briefly(Done done) {
  constexpr uint64_t kLongestNs = 20'000'000;
  const uint64_t give_up = monotonic_ns() + kLongestNs;
  while (!done() && monotonic_ns() < give_up) yield_processor();
}

/// Keeps the program's errno over a scope.
class ErrnoSaver {
 public:
  ErrnoSaver() : saved_(errno) {}
  ~ErrnoSaver() { errno = saved_; }
  ErrnoSaver(const ErrnoSaver&) = delete;
  ErrnoSaver& operator=(const ErrnoSaver&) = delete;

 private:
  int saved_;
};

}  // namespace seamtrace::agent
