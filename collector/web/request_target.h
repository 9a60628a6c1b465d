// RequestTarget: `/path%20x?a=1&b=2` -> path and parameters.
// Path:    HttpServer -> [RequestTarget] -> routes
// Source:  RFC 9112, section 3.2.1 (origin form); application/x-www-form-urlencoded for the query.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace seamtrace::collector {

struct RequestTarget {
  std::string path;                               ///< decoded; begins with '/'
  std::map<std::string, std::string> parameters;  ///< decoded; of one name the last
};

/// None: not in origin form, a bad percent escape, a zero byte, or `..` as a part of the path.
std::optional<RequestTarget> parse_request_target(std::string_view target);

}  // namespace seamtrace::collector
