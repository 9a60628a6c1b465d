// Pool: a bounded set of equal objects in one reservation that becomes usable step by step.
// Threads: any; a lock-free stack of free objects, last in first out, so that the
//          memory in use stays small and warm.
// Memory:  type-stable: objects are never unmapped or used for another type.
// Failure: take() returns null when the pool is empty or could not be mapped.
#pragma once

#include <atomic>
#include <cstdint>

#include "agent/runtime/platform.h"
#include "agent/runtime/spin_lock.h"

namespace seamtrace::agent {

/// T begins as zeroed memory and keeps its bytes from one use to the next. `pool_next` is ours.
template <typename T, uint32_t kCapacity>
class Pool {
 public:
  /// Reserves the memory; once, before the first take(). Later calls change nothing.
  bool open() {
    SpinLockHolder lock(growth_);
    if (!lock) return false;
    if (objects_ != nullptr) return true;
    auto* objects = static_cast<T*>(reserve(kBytes));
    if (objects == nullptr) return false;
    objects_ = objects;
    return grow(1);
  }

  T* take() {
    uint64_t head = head_.load(std::memory_order_acquire);
    while (index_in(head) != 0) {
      T* object = &objects_[index_in(head) - 1];
      const uint64_t next = tagged(object->pool_next.load(std::memory_order_relaxed), head);
      if (head_.compare_exchange_weak(head, next, std::memory_order_acquire)) return object;
    }
    if (objects_ == nullptr) return nullptr;
    uint32_t fresh = fresh_.load(std::memory_order_relaxed);
    while (fresh < kCapacity) {
      if (fresh >= usable_.load(std::memory_order_acquire)) {
        SpinLockHolder lock(growth_);
        if (!lock || !grow(fresh + 1)) return nullptr;
      }
      if (fresh_.compare_exchange_weak(fresh, fresh + 1, std::memory_order_relaxed))
        return &objects_[fresh];
    }
    return nullptr;
  }

  void give_back(T* object) {
    const auto index = static_cast<uint32_t>(object - objects_) + 1;
    uint64_t head = head_.load(std::memory_order_relaxed);
    do {
      object->pool_next.store(index_in(head), std::memory_order_relaxed);
    } while (!head_.compare_exchange_weak(head, tagged(index, head), std::memory_order_release));
  }

  T* at(uint32_t index) { return &objects_[index]; }
  uint32_t index_of(const T* object) const { return static_cast<uint32_t>(object - objects_); }

  /// Calls f for every object that was ever taken. Only where no other thread runs.
  template <typename F>
  void for_each_used(F f) {
    const uint32_t used = fresh_.load(std::memory_order_relaxed);
    for (uint32_t i = 0; i < used; ++i) f(objects_[i]);
  }

  /// Only in a forked child: a thread of the parent may have been growing the pool.
  void unlock_after_fork() { growth_.reset(); }

  /// All objects are free again. Only where no other thread runs (a forked child).
  void reset() {
    growth_.reset();
    head_.store(0, std::memory_order_relaxed);
    fresh_.store(0, std::memory_order_relaxed);
  }

 private:
  static uint32_t index_in(uint64_t head) { return static_cast<uint32_t>(head); }
  /// The upper half counts changes, so that a head that comes back is seen to be another.
  static uint64_t tagged(uint32_t index, uint64_t old_head) {
    return (((old_head >> 32) + 1) << 32) | index;
  }

  static constexpr size_t kStepBytes = 64 * 1024;
  static constexpr size_t kBytes =
      (sizeof(T) * kCapacity + kStepBytes - 1) / kStepBytes * kStepBytes;

  /// Makes at least the first `count` objects usable. Under `growth_`.
  bool grow(uint32_t count) {
    while (usable_.load(std::memory_order_relaxed) < count) {
      if (!make_usable(reinterpret_cast<char*>(objects_) + usable_bytes_, kStepBytes)) return false;
      usable_bytes_ += kStepBytes;
      const size_t objects = usable_bytes_ / sizeof(T);
      usable_.store(static_cast<uint32_t>(objects < kCapacity ? objects : kCapacity),
                    std::memory_order_release);
    }
    return true;
  }

  T* objects_ = nullptr;
  SpinLock growth_;
  size_t usable_bytes_ = 0;
  std::atomic<uint32_t> usable_{0};
  std::atomic<uint64_t> head_{0};
  std::atomic<uint32_t> fresh_{0};
};

}  // namespace seamtrace::agent
