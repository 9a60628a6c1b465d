// Hexadecimal digits of identifiers. Lower case only: every format here demands it.
// Path:    inside [codecs/propagation]
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace seamtrace::agent::codecs {

/// The value of a lower-case hexadecimal digit, or 255.
inline uint8_t hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  return 255;
}

/// Reads exactly 2 * `size` digits. False (and `out` unspecified) when one is none.
bool read_hex(const char* digits, uint8_t* out, size_t size);

/// Reads 1 to 2 * `size` digits, filling up with zeros in front.
bool read_short_hex(std::string_view digits, uint8_t* out, size_t size);

/// Writes 2 * `size` digits and returns their end.
char* write_hex(const uint8_t* bytes, size_t size, char* out);

inline bool is_zero(const uint8_t* bytes, size_t size) {
  uint8_t any = 0;
  for (size_t i = 0; i < size; ++i) any |= bytes[i];
  return any == 0;
}

}  // namespace seamtrace::agent::codecs
