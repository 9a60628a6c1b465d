// Targets: what is counted for each data store that this process is a client of.
// Path:    connections -> [ring_writer] -> wire
// Threads: any.
// Failure: null without a segment, or when there are more targets than entries.
#pragma once

#include "wire/segment.h"

namespace seamtrace::agent::ring_writer {

/// The entry of a data store, made on first use.
wire::TargetStatistics* target_for(wire::Protocol protocol, const wire::Endpoint& endpoint);
/// The data store known at this address; null when there is none. TCP only.
const wire::TargetStatistics* known_target(const wire::Endpoint& endpoint);

/// Adds to one of a target's counts.
inline void add(std::atomic<uint64_t>& counter, uint64_t amount = 1) {
  counter.fetch_add(amount, std::memory_order_relaxed);
}
/// Adds a time to one of a target's histograms.
void add_time(std::atomic<uint64_t>& sum, std::atomic<uint64_t>* buckets, uint64_t nanoseconds);

/// Only in a forked child.
void unlock_targets_after_fork();

}  // namespace seamtrace::agent::ring_writer
