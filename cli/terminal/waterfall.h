// Waterfall: one trace as a tree with a bar for each span.
// Path:    an answer to `trace/ID` -> [cli/terminal] -> stdout
// Failure: none; what an answer lacks counts as zero or empty.
#pragma once

#include <string>

#include "cli/terminal/style.h"
#include "nlohmann/json.hpp"

namespace seamtrace::cli {

struct WaterfallOptions {
  bool attributes = false;  ///< the details of each span below it
};

/// Solid parts of a bar are its own work on the critical path.
std::string waterfall(const nlohmann::json& trace, const WaterfallOptions& options,
                      const Style& style);

/// What a list shows as a span's outcome: its HTTP status, its data store's code, hit or miss, or
/// `error`; empty: nothing to be said.
std::string outcome_of(const nlohmann::json& span, const Style& style);

}  // namespace seamtrace::cli
