// SpinLock: excludes other threads of the agent for a few hundred instructions.
// Failure: try_acquire gives up after some milliseconds instead of hanging the program
//          (the holder may be stopped, or may have died in a fork).
#pragma once

#include <atomic>

#include "agent/runtime/platform.h"

namespace seamtrace::agent {

class SpinLock {
 public:
  bool try_acquire() {
    if (!held_.exchange(true, std::memory_order_acquire)) return true;
    return acquire_slowly();
  }
  void release() { held_.store(false, std::memory_order_release); }
  /// Only where no other thread can hold it (a fresh object, a forked child).
  void reset() { held_.store(false, std::memory_order_relaxed); }

 private:
  bool acquire_slowly() {
    for (int round = 0; round < 4096; ++round) {
      for (int spin = 0; spin < 64; ++spin) {
        if (!held_.load(std::memory_order_relaxed) &&
            !held_.exchange(true, std::memory_order_acquire))
          return true;
        cpu_relax();
      }
      optional_syscall(SYS_sched_yield);
    }
    return false;
  }

  std::atomic<bool> held_{false};
};

/// Holds a lock for a scope; test it: it may not have been had.
class SpinLockHolder {
 public:
  explicit SpinLockHolder(SpinLock& lock) : lock_(lock), held_(lock.try_acquire()) {}
  ~SpinLockHolder() {
    if (held_) lock_.release();
  }
  SpinLockHolder(const SpinLockHolder&) = delete;
  SpinLockHolder& operator=(const SpinLockHolder&) = delete;
  explicit operator bool() const { return held_; }

 private:
  SpinLock& lock_;
  bool held_;
};

}  // namespace seamtrace::agent
