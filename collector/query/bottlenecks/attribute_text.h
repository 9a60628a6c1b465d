// Attributes as the search for differences sees them.
// Path:    spans -> [query/bottlenecks] -> Sample
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collector/interpret/span.h"

namespace seamtrace::collector::bottlenecks {

/// False for keys whose values are alike by chance only, or always: the port that a client got, the
/// language of the SDK, what Seamtrace says about itself.
bool may_tell(std::string_view key);

/// The value as text; empty for arrays, which are not compared.
std::string attribute_text(const Value& value);

/// The value as a quantity; none for text, for numbers that are names (a port, an id), and for
/// durations: that a slow request takes long is no news.
std::optional<double> attribute_number(const Attribute& attribute);

}  // namespace seamtrace::collector::bottlenecks
