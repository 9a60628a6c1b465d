// Retry: which answers are worth another try, and when.
// Path:    a support type of export/otlp
// Threads: pure functions.
// Source:  OTLP 1.11, "Failures" and "OTLP/HTTP Throttling"; RFC 9110, section 10.2.3.
#pragma once

#include <chrono>
#include <ctime>
#include <optional>
#include <string_view>

namespace seamtrace::collector {

struct RetryPolicy {
  std::chrono::milliseconds first{500};
  std::chrono::milliseconds longest{30'000};
};

/// 429, 502, 503, 504.
bool is_retryable_status(long status);

/// The pause before try number `attempt` + 1 (the first try is 1): doubles with each, of which
/// at least a half; `random` within [0, 1) chooses in the other half.
std::chrono::milliseconds backoff(const RetryPolicy& policy, unsigned attempt, double random);

/// A Retry-After value: seconds, or an HTTP date relative to `now` (in the past: zero).
/// Nothing when it is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, time_t now);

}  // namespace seamtrace::collector
