// seamtrace view: the web viewer on a store file, without a collector.
#pragma once

#include "cli/command_line.h"

namespace seamtrace::cli {

/// Until SIGINT or SIGTERM, or until nobody has looked for `idle_minutes`.
int view_command(const ViewOptions& options);

}  // namespace seamtrace::cli
