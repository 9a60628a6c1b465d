// Arena: text that lives as long as a SpanList.
// Memory:  everything comes from the arena given; nothing is freed before it.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory_resource>
#include <string_view>

#include "collector/support/utf8.h"

namespace seamtrace::collector {

using Arena = std::pmr::memory_resource;

inline char* allocate_text(Arena& arena, size_t size) {
  return static_cast<char*>(arena.allocate(size, 1));
}

inline std::string_view copy_text(Arena& arena, std::string_view text) {
  if (text.empty()) return {};
  char* copy = allocate_text(arena, text.size());
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

/// A copy that is valid UTF-8: malformed parts become U+FFFD.
inline std::string_view copy_valid_text(Arena& arena, std::string_view text) {
  if (is_valid_utf8(text)) return copy_text(arena, text);
  const size_t size = valid_utf8_size(text);
  char* copy = allocate_text(arena, size);
  write_valid_utf8(text, copy);
  return {copy, size};
}

inline std::string_view join_text(Arena& arena, std::initializer_list<std::string_view> parts) {
  size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  if (size == 0) return {};
  char* copy = allocate_text(arena, size);
  char* at = copy;
  for (const std::string_view part : parts) {
    if (part.empty()) continue;
    std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  return {copy, size};
}

inline std::string_view number_text(Arena& arena, uint64_t number) {
  char* copy = allocate_text(arena, 20);
  return {copy, static_cast<size_t>(std::to_chars(copy, copy + 20, number).ptr - copy)};
}

}  // namespace seamtrace::collector
