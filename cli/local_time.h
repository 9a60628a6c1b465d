// Times of day for people, in the local zone.
#pragma once

#include <ctime>
#include <string>

namespace seamtrace::cli {

inline std::string local_text(uint64_t unix_us, const char* format) {
  const auto seconds = static_cast<std::time_t>(unix_us / 1'000'000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

/// `2026-01-31 14:30:15.042`
inline std::string local_date_time(uint64_t unix_us) {
  const std::string thousandths = std::to_string(1000 + unix_us / 1000 % 1000);
  return local_text(unix_us, "%Y-%m-%d %H:%M:%S.") + thousandths.substr(1);
}

/// `14:30:15`, with the date when that is not the day of `now_us`.
inline std::string local_time_of_day(uint64_t unix_us, uint64_t now_us) {
  constexpr char kDay[] = "%Y-%m-%d";
  const bool today = local_text(unix_us, kDay) == local_text(now_us, kDay);
  return local_text(unix_us, today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S");
}

}  // namespace seamtrace::cli
