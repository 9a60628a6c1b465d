#include "collector/export/otlp/retry.h"

#include <curl/curl.h>

#include <algorithm>
#include <string>

#include "wire/configuration.h"

namespace seamtrace::collector {

bool is_retryable_status(long status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

std::chrono::milliseconds backoff(const RetryPolicy& policy, unsigned attempt, double random) {
  std::chrono::milliseconds pause = policy.first;
  for (unsigned i = 1; i < attempt && pause < policy.longest; ++i) pause *= 2;
  const auto whole = static_cast<double>(std::min(pause, policy.longest).count());
  return std::chrono::milliseconds(static_cast<int64_t>(whole * (0.5 + random / 2)));
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, time_t now) {
  value = wire::trim(value);
  // A day is longer than any export may take; the cap only keeps arithmetic safe.
  constexpr uint64_t kLongestSeconds = 86'400;
  if (const auto seconds = wire::parse_integer(value, 0, UINT64_MAX); seconds.valid)
    return std::chrono::seconds(std::min(seconds.value, kLongestSeconds));
  if (value.empty() || (value[0] >= '0' && value[0] <= '9') || value[0] == '-') return {};
  const time_t date = curl_getdate(std::string(value).c_str(), nullptr);
  if (date == -1) return {};
  const auto ahead = date > now ? static_cast<uint64_t>(date - now) : 0;
  return std::chrono::seconds(std::min(ahead, kLongestSeconds));
}

}  // namespace seamtrace::collector
