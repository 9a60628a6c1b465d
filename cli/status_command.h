// `seamtrace status`: who is traced, what was lost and why, and how the exporters do.
// Path:    the collector's answer to `status` -> [cli] -> stdout
// Failure: no collector is an answer, too: the segments that wait for one are listed.
#pragma once

#include <string>

#include "cli/command_line.h"
#include "nlohmann/json.hpp"

namespace seamtrace::cli {

int status_command(const StatusOptions& options);

/// The answer as text for people. What is missing in it counts as zero or empty.
std::string render_status(const nlohmann::json& answer);

}  // namespace seamtrace::cli
