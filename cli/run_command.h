// `seamtrace run`: the program, with the agent in it and a collector beside it.
// Path:    command line -> [cli] -> the program's exit code
// Failure: whatever goes wrong on our side, the program runs; untraced if need be.
#pragma once

#include "cli/command_line.h"

namespace seamtrace::cli {

/// Returns the exit code; a program that a signal ended ends this process by the same one.
int run_command(const RunOptions& options);

}  // namespace seamtrace::cli
