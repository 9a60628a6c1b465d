// Moment: a time as people write it -> a time as the query API takes it.
// Path:    argv -> [cli] -> parameters `since` and `until`
// Failure: an Error that shows what is understood.
#pragma once

#include <ctime>
#include <string>

#include "collector/support/result.h"

namespace seamtrace::cli {

/// `90s`, `15m`, `2h`, `7d`.
bool is_age(const std::string& text);

/// An age stays as it is; `14:30`, `14:30:15` (today, or yesterday when that is still to come),
/// `2026-01-31`, `2026-01-31T14:30[:15]` (also with a space) become microseconds since 1970. Times
/// are local. A number is taken for microseconds already.
collector::Result<std::string> parse_moment(const std::string& text, std::time_t now);

}  // namespace seamtrace::cli
