// Character classes of HTTP/1.x lines.
// Path:    inside [codecs/http1]
// Source:  RFC 9110, section 5.6.2 (token); RFC 9112, section 5.
#pragma once

#include <cstdint>
#include <string_view>

namespace seamtrace::agent::codecs {

struct Http1Characters {
  enum Class : uint8_t { kToken = 1, kName = 2, kHexDigit = 4 };

  constexpr Http1Characters() {
    for (int c = 0; c < 256; ++c) {
      const bool digit = c >= '0' && c <= '9';
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      uint8_t set = 0;
      if (digit || letter || is_token_mark(c)) set |= kToken;
      if (digit || (letter && (c | 0x20) <= 'f')) set |= kHexDigit;
      // Wider than the grammar: servers skip fields of odd names, and such a field cannot
      // be one that frames the message.
      if (c > ' ' && c != ':' && c != 0x7f) set |= kName;
      classes[c] = set;
    }
  }

  static constexpr bool is_token_mark(int c) {
    for (const char mark : std::string_view("!#$%&'*+-.^_`|~"))
      if (c == mark) return true;
    return false;
  }

  uint8_t classes[256] = {};
};

inline constexpr Http1Characters kHttp1Characters;

inline bool is_in(char c, Http1Characters::Class set) {
  return (kHttp1Characters.classes[static_cast<uint8_t>(c)] & set) != 0;
}
inline bool is_token(char c) { return is_in(c, Http1Characters::kToken); }
inline bool is_name(char c) { return is_in(c, Http1Characters::kName); }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_hex_digit(char c) { return is_in(c, Http1Characters::kHexDigit); }
inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
/// False for blanks and, in the same comparison, for control characters.
inline bool is_visible(char c) { return static_cast<uint8_t>(c) > ' '; }
/// The value of a hexadecimal digit. REQUIRES: is_hex_digit(c).
inline uint8_t hex_value(char c) {
  return static_cast<uint8_t>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
}
/// An ASCII letter in lower case, any other byte unchanged.
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace seamtrace::agent::codecs
