// Text width: how many columns of a terminal a text takes, and texts of a given width.
// Path:    printable text -> [cli/terminal] -> lines
// Failure: malformed UTF-8 counts a column for each byte that begins nothing.
// Source:  Unicode 15, East Asian Width (W and F take two columns), combining marks (none).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace seamtrace::cli {

/// 0, 1 or 2.
size_t code_point_width(uint32_t code_point);

/// REQUIRES: no control characters.
size_t text_width(std::string_view text);

/// `text`, or as much of its beginning as fits with `sign` behind it.
std::string cut_to(std::string_view text, size_t columns, std::string_view sign);

/// Filled up with spaces on the right or, with `right`, on the left. Longer texts stay.
std::string padded(std::string_view text, size_t columns, bool right = false);

/// Reads the code point at the start of `text` and takes it away. REQUIRES: `text` is not empty.
uint32_t take_code_point(std::string_view& text);

}  // namespace seamtrace::cli
