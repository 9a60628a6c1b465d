// Details of a span, line by line, for `seamtrace trace --attributes`.
// Path:    a span of an answer to `trace/ID` -> [cli/terminal] -> waterfall
// Failure: none; what an answer lacks is left out. The lines are as untrusted as the span.
#pragma once

#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace seamtrace::cli {

/// The message, else what kind of error it was; empty when the span says nothing.
std::string error_words(const nlohmann::json& span);

/// Ids, attributes, events, links and resource.
std::vector<std::string> span_details(const nlohmann::json& span, const nlohmann::json& trace);

}  // namespace seamtrace::cli
