// NextFunction: the function that a hook stands in front of.
// Threads: any. Resolved once, at load time if possible.
// Failure: a look-up that finds nothing gives null; the hook then uses the raw system call.
#pragma once

#include <atomic>

#include "agent/runtime/platform.h"
#include "agent/runtime/symbol_lookup.h"

namespace seamtrace::agent::hooks {

template <typename Function>
class NextFunction {
 public:
  constexpr explicit NextFunction(const char* name, const char* version = nullptr)
      : name_(name), version_(version) {}

  Function* get() {
    Function* function = function_.load(std::memory_order_relaxed);
    if (__builtin_expect(function != nullptr, 1)) return function;
    return resolve();
  }

  Function* resolve() {
    const ErrnoSaver saver;
    auto* function = reinterpret_cast<Function*>(find_next_symbol(name_, version_));
    function_.store(function, std::memory_order_relaxed);
    return function;
  }

 private:
  const char* name_;
  const char* version_;
  std::atomic<Function*> function_{nullptr};
};

/// The result of a raw system call as libc's functions give it.
inline long as_libc_result(long result) {
  if (result >= 0 || result < -4095) return result;
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace seamtrace::agent::hooks

/// Marks a function as one that the library exports.
#define SEAMTRACE_HOOK extern "C" __attribute__((visibility("default")))
