// Target: a data store that a producer is a client of, and what was counted for it.
// Path:    [ring_reader] -> query
// Memory:  values, copied out of shared memory.
#pragma once

#include <array>
#include <cstdint>

#include "wire/segment.h"

namespace seamtrace::collector {

/// Of connections: how many there were, how long they took altogether, and how many of them fell
/// into each bucket (wire::kConnectionTimeBounds).
struct ConnectionTimes {
  uint64_t nanoseconds = 0;
  std::array<uint64_t, wire::kConnectionTimeBuckets> buckets{};
};

struct Target {
  wire::Protocol protocol = wire::Protocol::kHttp1;
  wire::Endpoint endpoint{};
  uint64_t opened = 0;
  uint64_t closed = 0;
  uint64_t failed = 0;    ///< could not be reached, or went away before they were ready
  uint64_t rejected = 0;  ///< the server said no
  uint64_t in_use = 0;
  uint64_t operations = 0;
  uint64_t errors = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;
  ConnectionTimes create;
  ConnectionTimes use;

  /// The producer's counts are single additions, so that two of them may be read out of step.
  uint64_t open() const { return opened > closed ? opened - closed : 0; }
  uint64_t used() const { return in_use < open() ? in_use : open(); }
  uint64_t idle() const { return open() - used(); }
};

}  // namespace seamtrace::collector
