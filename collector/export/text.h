// Text: hostile bytes -> text that a receiver or a terminal can take.
// Path:    interpret -> [export]
// Memory:  returns the argument itself where it is already clean.
// Failure: none; what is not text is replaced, never dropped silently.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "collector/support/hex.h"
#include "collector/support/utf8.h"

namespace seamtrace::collector {

/// `text` when it is valid UTF-8; else `storage`, filled with a copy that has U+FFFD in place of
/// what is malformed. The result borrows from one of the two.
inline std::string_view as_utf8(std::string_view text, std::string& storage) {
  if (is_valid_utf8(text)) return text;
  return storage = valid_utf8(text);
}

/// For a terminal: control characters (C0, DEL, C1) become `\n`, `\t`, `\x1b` and the like,
/// malformed bytes `\xNN`, and the characters that change the direction of text `\u{202e}`, so
/// that no span can move the cursor, change colours or rewrite a line.
void append_printable(std::string& out, std::string_view text);

/// `2026-01-31T12:00:00.123456789Z` for nanoseconds since 1970.
std::string to_iso_time(uint64_t unix_ns);

/// A duration for people, in the unit that gives three digits: `831 ns`, `12.4 ms`, `3.02 s`.
std::string to_duration(uint64_t ns);

/// True when every byte is zero (an id that names nothing).
template <size_t kSize>
bool is_zero(const std::array<uint8_t, kSize>& id) {
  return id == std::array<uint8_t, kSize>{};
}

}  // namespace seamtrace::collector
