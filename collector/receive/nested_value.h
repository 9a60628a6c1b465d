// NestedValue: an AnyValue that is no attribute type of ours, as JSON text.
// Path:    decoders -> [receive] -> Value
// Memory:  the text lives in the arena given.
// Source:  OpenTelemetry specification, common, "AnyValue representation for non-OTLP protocols".
#pragma once

#include <string>
#include <string_view>

#include "collector/support/arena.h"
#include "nlohmann/json.hpp"

namespace seamtrace::collector {

/// A number; NaN and the infinities are the strings `NaN`, `Infinity` and `-Infinity`.
nlohmann::json nested_number(double number);

/// The text of an array or a map; malformed UTF-8 becomes U+FFFD.
std::string_view nested_text(Arena& arena, const nlohmann::json& value);

/// With padding, in the standard alphabet.
std::string to_base64(std::string_view bytes);

}  // namespace seamtrace::collector
