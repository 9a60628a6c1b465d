#include "collector/support/utf8.h"

#include <cstdint>
#include <cstring>

namespace seamtrace::collector {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Length of the beginning of `text` that is ASCII, eight bytes at a time.
size_t ascii_prefix(std::string_view text) {
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
  return i;
}

struct Unit {
  size_t length;  ///< bytes to consume, at least 1
  bool valid;
};

/// The character at the start of `text`, or its maximal ill-formed subpart.
Unit next_unit(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, true};
  size_t length = 0;
  unsigned char low = 0x80, high = 0xBF;  // bounds of the second byte
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  for (size_t i = 1; i < length; ++i) {
    if (i >= text.size() || byte(i) < low || byte(i) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {length, true};
}

/// Calls `part` with each piece of valid_utf8(text) in order.
template <typename Part>
void for_each_part(std::string_view text, Part part) {
  while (!text.empty()) {
    const size_t ascii = ascii_prefix(text);
    if (ascii > 0) {
      part(text.substr(0, ascii));
      text.remove_prefix(ascii);
      continue;
    }
    const Unit unit = next_unit(text);
    part(unit.valid ? text.substr(0, unit.length) : kReplacement);
    text.remove_prefix(unit.length);
  }
}

}  // namespace

bool has_valid_sequences(std::string_view text) {
  for (;;) {
    text.remove_prefix(ascii_prefix(text));
    if (text.empty()) return true;
    const Unit unit = next_unit(text);
    if (!unit.valid) return false;
    text.remove_prefix(unit.length);
  }
}

size_t valid_utf8_size(std::string_view text) {
  size_t size = 0;
  for_each_part(text, [&](std::string_view part) { size += part.size(); });
  return size;
}

void write_valid_utf8(std::string_view text, char* out) {
  for_each_part(text, [&](std::string_view part) {
    std::memcpy(out, part.data(), part.size());
    out += part.size();
  });
}

std::string valid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for_each_part(text, [&](std::string_view part) { result += part; });
  return result;
}

std::string_view truncate_utf8_bytes(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  size_t end = bytes;
  for (int back = 0; back < 3 && end > 0 && is_continuation(text[end]); ++back) --end;
  return text.substr(0, is_continuation(text[end]) ? bytes : end);
}

std::string_view truncate_utf8_characters(std::string_view text, size_t characters) {
  if (text.size() <= characters) return text;
  size_t i = 0;
  for (; i < text.size(); ++i) {
    if (is_continuation(text[i])) continue;
    if (characters == 0) break;
    --characters;
  }
  return text.substr(0, i);
}

}  // namespace seamtrace::collector
