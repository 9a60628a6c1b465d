#include "collector/support/log.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>

#include "collector/support/clock.h"

namespace seamtrace::collector {
namespace {

constexpr double kBurst = 20;
constexpr double kLinesPerSecond = 1;

std::atomic<LogLevel> threshold{LogLevel::kWarning};

/// A token bucket; guarded by its mutex.
struct Limiter {
  std::mutex mutex;
  double tokens = kBurst;
  uint64_t last_ns = 0;
  uint64_t left_out = 0;
};

}  // namespace

void set_log_level(LogLevel level) { threshold = level; }

void log(LogLevel level, std::string_view message) {
  if (level > threshold.load()) return;
  static Limiter limiter;
  const std::lock_guard lock(limiter.mutex);
  const uint64_t now = monotonic_ns();
  if (limiter.last_ns != 0)
    limiter.tokens = std::min(kBurst, limiter.tokens + static_cast<double>(now - limiter.last_ns) *
                                                           1e-9 * kLinesPerSecond);
  limiter.last_ns = now;
  if (limiter.tokens < 1) {
    ++limiter.left_out;
    return;
  }
  limiter.tokens -= 1;
  std::string line = level == LogLevel::kWarning ? "seamtrace: warning: " : "seamtrace: ";
  if (limiter.left_out > 0) line += "(" + std::to_string(limiter.left_out) + " messages left out) ";
  limiter.left_out = 0;
  line += message;
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  line += '\n';
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) {
  }  // nowhere else to say it
}

}  // namespace seamtrace::collector
