#include "agent/ring_writer/targets.h"

#include <string.h>

#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/spin_lock.h"

namespace seamtrace::agent::ring_writer {

namespace {

using wire::TargetState;
using wire::TargetStatistics;

SpinLock naming_lock;

bool is_named(const TargetStatistics& target) {
  return target.state.load(std::memory_order_acquire) == static_cast<uint32_t>(TargetState::kNamed);
}

bool is_at(const TargetStatistics& target, const wire::Endpoint& endpoint) {
  return memcmp(&target.endpoint, &endpoint, sizeof endpoint) == 0;
}

TargetStatistics* find(TargetStatistics* targets, wire::Protocol protocol,
                       const wire::Endpoint& endpoint) {
  for (uint32_t i = 0; i < wire::kTargetCount && is_named(targets[i]); ++i)
    if (targets[i].protocol == static_cast<uint8_t>(protocol) && is_at(targets[i], endpoint))
      return &targets[i];
  return nullptr;
}

}  // namespace

TargetStatistics* target_for(wire::Protocol protocol, const wire::Endpoint& endpoint) {
  if (!ensure_segment()) return nullptr;
  TargetStatistics* targets = target_table();
  if (TargetStatistics* found = find(targets, protocol, endpoint)) return found;
  if (is_named(targets[wire::kTargetCount - 1])) return nullptr;  // no room, and none will come
  SpinLockHolder lock(naming_lock);
  if (!lock) return nullptr;
  for (uint32_t i = 0; i < wire::kTargetCount; ++i) {
    TargetStatistics& target = targets[i];
    if (is_named(target)) {
      if (target.protocol == static_cast<uint8_t>(protocol) && is_at(target, endpoint))
        return &target;
      continue;
    }
    target.protocol = static_cast<uint8_t>(protocol);
    target.endpoint = endpoint;
    target.state.store(static_cast<uint32_t>(TargetState::kNamed), std::memory_order_release);
    return &target;
  }
  return nullptr;
}

const TargetStatistics* known_target(const wire::Endpoint& endpoint) {
  constexpr uint8_t kUnix = 1;  // AF_UNIX: the path is not part of the endpoint
  const TargetStatistics* targets = target_table();
  if (targets == nullptr || endpoint.family == 0 || endpoint.family == kUnix) return nullptr;
  for (uint32_t i = 0; i < wire::kTargetCount && is_named(targets[i]); ++i)
    if (is_at(targets[i], endpoint)) return &targets[i];
  return nullptr;
}

void unlock_targets_after_fork() { naming_lock.reset(); }

void add_time(std::atomic<uint64_t>& sum, std::atomic<uint64_t>* buckets, uint64_t nanoseconds) {
  constexpr uint64_t kMillisecond = 1'000'000;
  constexpr uint64_t kBounds[] = {1, 5, 10, 50, 100, 500, 1000, 5000, 10'000};
  static_assert(sizeof kBounds / sizeof kBounds[0] + 1 == wire::kConnectionTimeBuckets);
  uint32_t bucket = 0;
  // A value on the bound belongs below it, as OpenTelemetry's histograms have it.
  while (bucket + 1 < wire::kConnectionTimeBuckets && nanoseconds > kBounds[bucket] * kMillisecond)
    ++bucket;
  add(sum, nanoseconds);
  add(buckets[bucket]);
}

}  // namespace seamtrace::agent::ring_writer
