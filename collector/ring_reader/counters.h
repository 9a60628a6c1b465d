// Counters of one producer, summed over its shards.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "wire/counters.h"

namespace seamtrace::collector {

using Counters = std::array<uint64_t, wire::kCounterCount>;

/// Spans that the agent had to drop.
inline uint64_t lost_spans(const Counters& counters) {
  uint64_t lost = 0;
  for (uint32_t i = 0; i < wire::kCounterCount; ++i)
    if (std::string_view(wire::kCounterDescriptions[i].name).starts_with("lost_"))
      lost += counters[i];
  return lost;
}

}  // namespace seamtrace::collector
