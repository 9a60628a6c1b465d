#include "cli/moment.h"

#include <algorithm>
#include <array>

#include "collector/export/text.h"

namespace seamtrace::cli {

namespace {

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string to_microseconds(std::time_t seconds) { return std::to_string(seconds) + "000000"; }

/// The local time of `format`; -1 when the text is none, or no such day exists.
std::time_t local_time(const std::string& text, const char* format, std::tm parts) {
  const char* end = ::strptime(text.c_str(), format, &parts);
  if (end == nullptr || *end != '\0') return -1;
  const int day = parts.tm_mday;
  parts.tm_isdst = -1;
  const std::time_t time = std::mktime(&parts);
  return parts.tm_mday == day ? time : -1;  // mktime makes 3 March of 31 February
}

}  // namespace

bool is_age(const std::string& text) {
  return text.size() >= 2 && text.size() <= 12 &&
         std::string_view("smhd").find(text.back()) != std::string_view::npos &&
         is_digits(std::string_view(text).substr(0, text.size() - 1));
}

collector::Result<std::string> parse_moment(const std::string& text, std::time_t now) {
  if (is_age(text) || (is_digits(text) && text.size() <= 18)) return text;
  std::tm midnight{};
  ::localtime_r(&now, &midnight);
  midnight.tm_hour = midnight.tm_min = midnight.tm_sec = 0;
  for (const char* format : {"%H:%M:%S", "%H:%M"}) {
    std::time_t time = local_time(text, format, midnight);
    if (time < 0) continue;
    if (time > now) {
      --midnight.tm_mday;
      std::mktime(&midnight);
      time = local_time(text, format, midnight);
    }
    return to_microseconds(time);
  }
  for (const char* format :
       {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    const std::time_t time = local_time(text, format, std::tm{});
    if (time >= 0) return to_microseconds(time);
  }
  std::string sentence = "'";
  collector::append_printable(sentence, text);
  return collector::Error{sentence +
                          "' is no time; an age (90s, 15m, 2h, 7d) or a local time (14:30, "
                          "2026-01-31, 2026-01-31T14:30) is"};
}

}  // namespace seamtrace::cli
