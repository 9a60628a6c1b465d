// `seamtrace collector`: the service in the foreground.
// Failure: code 1 and a sentence, when another one serves this user or the directory is not ours.
#pragma once

#include "cli/command_line.h"

namespace seamtrace::cli {

int collector_command(const CollectorCommandOptions& options);

}  // namespace seamtrace::cli
