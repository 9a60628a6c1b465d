// UTF-8: what went over a connection may be any bytes; what is exported must be text.
// Memory:  valid_utf8 allocates; the rest borrows.
// Failure: none; every input has an answer.
// Source:  RFC 3629; Unicode 15, table 3-7 and section 3.9 (one U+FFFD per maximal subpart).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace seamtrace::collector {

/// Eight bytes at a time, the last eight perhaps for the second time.
inline bool is_ascii(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080u;
  uint64_t seen = 0, word = 0;
  if (text.size() < sizeof(word)) {
    for (const char c : text) seen |= static_cast<unsigned char>(c);
    return seen < 0x80;
  }
  for (size_t i = 0; i < text.size() - sizeof(word); i += sizeof(word)) {
    std::memcpy(&word, text.data() + i, sizeof(word));
    seen |= word;
  }
  std::memcpy(&word, text.data() + text.size() - sizeof(word), sizeof(word));
  return ((seen | word) & kHighBits) == 0;
}

bool has_valid_sequences(std::string_view text);
inline bool is_valid_utf8(std::string_view text) {
  return is_ascii(text) || has_valid_sequences(text);
}

/// `text` with every malformed part replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

/// Length of valid_utf8(text) in bytes.
size_t valid_utf8_size(std::string_view text);
/// Writes valid_utf8(text) to `out`. REQUIRES: room for valid_utf8_size(text) bytes.
void write_valid_utf8(std::string_view text, char* out);

/// The longest beginning of at most `bytes` bytes that does not cut a character.
std::string_view truncate_utf8_bytes(std::string_view text, size_t bytes);

/// The first `characters` characters (code points) of valid UTF-8.
std::string_view truncate_utf8_characters(std::string_view text, size_t characters);

}  // namespace seamtrace::collector
