// TraceTable: found traces as a table.
// Path:    `traces` of an answer -> [cli/terminal] -> stdout
#pragma once

#include <cstdint>

#include "cli/terminal/columns.h"
#include "nlohmann/json.hpp"

namespace seamtrace::cli {

/// Digits of an id that a list shows; `seamtrace trace` is content with them.
inline constexpr size_t kShortId = 8;

/// `traces`: a list as `traces` answers it. `now_us`: today shows the time alone.
Columns trace_table(const nlohmann::json& traces, uint64_t now_us, const Style& style);

}  // namespace seamtrace::cli
