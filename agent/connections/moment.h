// Moment: the time of a call, read from the clock when first asked for.
#pragma once

#include <cstdint>

#include "agent/runtime/platform.h"

namespace seamtrace::agent::connections {

class Moment {
 public:
  uint64_t ns() {
    if (ns_ == 0) ns_ = monotonic_ns();
    return ns_;
  }
  /// Makes it an earlier moment; 0 leaves it alone.
  void set(uint64_t ns) { ns_ = ns; }

 private:
  uint64_t ns_ = 0;
};

}  // namespace seamtrace::agent::connections
