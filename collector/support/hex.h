// Hexadecimal digits: ids for people, and what they and programs send.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace seamtrace::collector {

/// The digit's value, -1 for what is none. Both cases.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Lower case, two digits a byte.
void append_hex(std::string& out, std::span<const uint8_t> bytes);
std::string to_hex(std::span<const uint8_t> bytes);

}  // namespace seamtrace::collector
