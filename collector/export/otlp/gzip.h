// Gzip: the only compression that OTLP/HTTP knows.
// Path:    a support type of export/otlp
// Memory:  returns a fresh string.
// Failure: no value, when zlib cannot get memory.
// Source:  RFC 1952.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace seamtrace::collector {

std::optional<std::string> gzip(std::string_view bytes);

}  // namespace seamtrace::collector
