// TextPosition: places in a query as its readers count them.
// Path:    viewer, CLI <-> [traces]
// Failure: none; a place beyond the end is the end.
//
// Answers count UTF-16 units, as JavaScript does; the language counts bytes of UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace seamtrace::collector::traces {

/// UTF-16 units before byte `bytes`.
size_t utf16_position(std::string_view text, size_t bytes);
/// Bytes before unit `units`; the beginning of the character for a place within one.
size_t byte_position(std::string_view text, size_t units);

}  // namespace seamtrace::collector::traces
