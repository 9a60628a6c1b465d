// Clocks: the collector's own, and the translation of a producer's.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstdint>

namespace seamtrace::collector {

inline uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}
inline uint64_t monotonic_ns() { return clock_ns(CLOCK_MONOTONIC); }
inline uint64_t realtime_ns() { return clock_ns(CLOCK_REALTIME); }

/// How far CLOCK_REALTIME is ahead of CLOCK_MONOTONIC here. One for all processes of a machine:
/// with an offset of its own for each, a child could begin before its parent.
struct MachineClock {
  uint64_t offset_ns = 0;  ///< modulo 2^64

  /// The closest of several readings.
  static MachineClock measure() {
    MachineClock best;
    uint64_t narrowest = UINT64_MAX;
    for (int i = 0; i < 16; ++i) {
      const uint64_t before = monotonic_ns(), real = realtime_ns(), after = monotonic_ns();
      if (after - before >= narrowest) continue;
      narrowest = after - before;
      best.offset_ns = real - (before + narrowest / 2);
    }
    return best;
  }
};

/// Turns a producer's CLOCK_MONOTONIC into time since 1970. Both anchors come from the producer
/// and are not trusted: a result never lies outside [earliest, an hour from now].
class ProducerClock {
 public:
  ProducerClock() = default;
  ProducerClock(uint64_t created_monotonic_ns, uint64_t created_realtime_ns)
      : monotonic_(created_monotonic_ns), realtime_(created_realtime_ns) {
    const uint64_t now = realtime_ns();
    if (realtime_ < kEarliest || realtime_ > now + kSlack) {
      realtime_ = now;
      monotonic_ = std::min(monotonic_, monotonic_ns());
    }
  }

  /// Takes the machine's offset where the producer's own agrees with it. Where it does not, the
  /// producer counts from another start (a time namespace, another boot), or the clock was set.
  ProducerClock(uint64_t created_monotonic_ns, uint64_t created_realtime_ns,
                const MachineClock& machine)
      : ProducerClock(created_monotonic_ns, created_realtime_ns) {
    const uint64_t difference = machine.offset_ns - (realtime_ - monotonic_);
    if (difference + kAgreement <= 2 * kAgreement) realtime_ += difference;
  }

  /// `now_unix_ns`: the collector's clock, read once for many records.
  uint64_t to_unix(uint64_t producer_monotonic_ns, uint64_t now_unix_ns) const {
    const __int128 time = static_cast<__int128>(realtime_) + producer_monotonic_ns -
                          static_cast<__int128>(monotonic_);
    const __int128 latest = static_cast<__int128>(now_unix_ns) + kSlack;
    return static_cast<uint64_t>(
        std::clamp(time, static_cast<__int128>(kEarliest), std::max(latest, __int128{kEarliest})));
  }

 private:
  static constexpr uint64_t kEarliest = 946'684'800'000'000'000u;  // the year 2000
  static constexpr uint64_t kAgreement = 100'000'000u;
  static constexpr uint64_t kSlack = 3'600'000'000'000u;  // an hour

  uint64_t monotonic_ = 0;
  uint64_t realtime_ = kEarliest;
};

}  // namespace seamtrace::collector
