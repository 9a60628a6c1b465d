// Slices of header values.
// Path:    inside [codecs/propagation]
#pragma once

#include <cstddef>
#include <string_view>

namespace seamtrace::agent::codecs {

inline bool is_white_space(char c) { return c == ' ' || c == '\t'; }

/// `text` without the optional white space around it.
inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_white_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_white_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes the bytes before `separator` (or all of them) off `rest`. `found` tells which.
inline std::string_view take_until(std::string_view& rest, char separator, bool& found) {
  size_t size = 0;
  while (size < rest.size() && rest[size] != separator) ++size;
  found = size < rest.size();
  const std::string_view taken(rest.data(), size);
  rest.remove_prefix(found ? size + 1 : size);
  return taken;
}

/// Splits a list: true with the next item, false when there is none left.
class Items {
 public:
  Items(std::string_view list, char separator) : rest_(list), separator_(separator) {}

  bool next(std::string_view& item) {
    if (!more_) return false;
    item = take_until(rest_, separator_, more_);
    return true;
  }

 private:
  std::string_view rest_;
  char separator_;
  bool more_ = true;
};

}  // namespace seamtrace::agent::codecs
