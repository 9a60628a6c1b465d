#include "collector/export/text.h"

#include <cstdio>
#include <ctime>

#include "collector/support/utf8.h"

namespace seamtrace::collector {

namespace {

constexpr char kDigits[] = "0123456789abcdef";

uint32_t decode(std::string_view sequence) {
  const auto byte = [&](size_t i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(sequence[i]));
  };
  switch (sequence.size()) {
    case 2:
      return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
    case 3:
      return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    case 4:
      return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 |
             (byte(3) & 0x3F);
    default:
      return byte(0);
  }
}

/// Marks, embeddings, overrides and isolates of bidirectional text, line and paragraph
/// separators.
bool changes_layout(uint32_t code) {
  return (code >= 0x200E && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0x061C || code == 0xFEFF;
}

void append_byte_escape(std::string& out, uint8_t byte) {
  switch (byte) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  out += "\\x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

/// Length of the UTF-8 sequence at the start of `text`, 0 when it is malformed.
/// REQUIRES: `text` is not empty.
size_t sequence_length(std::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return text.size() >= length && is_valid_utf8(text.substr(0, length)) ? length : 0;
}

}  // namespace

void append_printable(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const size_t length = sequence_length(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    const auto first = static_cast<uint8_t>(sequence[0]);
    if (length == 0 || first < 0x20 || first == 0x7F) {
      append_byte_escape(out, first);
    } else if (const uint32_t code = decode(sequence);
               (code >= 0x80 && code <= 0x9F) || changes_layout(code)) {
      char escape[16];
      std::snprintf(escape, sizeof escape, "\\u{%x}", code);
      out += escape;
    } else {
      out += sequence;
    }
    text.remove_prefix(sequence.size());
  }
}

std::string to_iso_time(uint64_t unix_ns) {
  const auto seconds = static_cast<time_t>(unix_ns / 1'000'000'000);
  tm parts{};
  gmtime_r(&seconds, &parts);
  char date[32], text[64];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text, sizeof text, "%s.%09uZ", date,
                static_cast<unsigned>(unix_ns % 1'000'000'000));
  return text;
}

std::string to_duration(uint64_t ns) {
  constexpr struct {
    double size;
    const char* name;
  } kUnits[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}};
  char text[48];
  for (const auto& unit : kUnits) {
    const double value = static_cast<double>(ns) / unit.size;
    if (value < 0.9995) continue;
    const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    std::snprintf(text, sizeof text, "%.*f %s", decimals, value, unit.name);
    return text;
  }
  std::snprintf(text, sizeof text, "%u ns", static_cast<unsigned>(ns));
  return text;
}

}  // namespace seamtrace::collector
