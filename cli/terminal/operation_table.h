// Tables of services and of operations: rate, errors, percentiles.
// Path:    answers to `services` and `operations` -> [cli/terminal] -> stdout, `top`
#pragma once

#include <string>

#include "cli/terminal/columns.h"
#include "nlohmann/json.hpp"

namespace seamtrace::cli {

Columns service_table(const nlohmann::json& services, const Style& style);

struct OperationTableOptions {
  bool service = true;  ///< a column for it
};
Columns operation_table(const nlohmann::json& operations, const OperationTableOptions& options,
                        const Style& style);

/// `0.025`, `0.25`, `12.5`, `830`, `12.4k`: three digits; `<0.001` for less than that.
std::string rate_text(double per_second);
/// `2.5%` of `count`; `-` when nothing failed.
std::string share_text(uint64_t part, uint64_t count);

}  // namespace seamtrace::cli
