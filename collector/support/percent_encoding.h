// Percent-encoding: `a%20b` <-> `a b`.
// Path:    configuration, the collector's own web server
// Source:  RFC 3986, section 2.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace seamtrace::collector {

/// None: a bad escape. `plus_is_space`: as in a query (application/x-www-form-urlencoded).
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

/// Everything but letters, digits and `-._~` becomes `%XX`.
std::string percent_encode(std::string_view text);

}  // namespace seamtrace::collector
