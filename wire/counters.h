// Counters: one table of names, shared by the writer and the reader.
#pragma once

#include <cstdint>

namespace seamtrace::wire {

enum class Counter : uint32_t {
#define SEAMTRACE_COUNTER(name, meaning) name,
#include "wire/counters.def"
#undef SEAMTRACE_COUNTER
  kCount,
};
inline constexpr uint32_t kCounterCount = static_cast<uint32_t>(Counter::kCount);

struct CounterDescription {
  const char* name;
  const char* meaning;
};
inline constexpr CounterDescription kCounterDescriptions[] = {
#define SEAMTRACE_COUNTER(name, meaning) {#name, meaning},
#include "wire/counters.def"
#undef SEAMTRACE_COUNTER
};

}  // namespace seamtrace::wire
