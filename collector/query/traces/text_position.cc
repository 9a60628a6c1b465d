#include "collector/query/traces/text_position.h"

#include <algorithm>

namespace seamtrace::collector::traces {
namespace {

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Of the character that begins with `byte`.
size_t units_of(char byte) { return static_cast<unsigned char>(byte) >= 0xF0 ? 2 : 1; }

}  // namespace

size_t utf16_position(std::string_view text, size_t bytes) {
  size_t units = 0;
  for (const char byte : text.substr(0, std::min(bytes, text.size())))
    if (!continues(byte)) units += units_of(byte);
  return units;
}

size_t byte_position(std::string_view text, size_t units) {
  size_t at = 0;
  while (at < text.size() && units >= units_of(text[at])) {
    units -= units_of(text[at]);
    ++at;
    while (at < text.size() && continues(text[at])) ++at;
  }
  return at;
}

}  // namespace seamtrace::collector::traces
