// `seamtrace set`: switches tracing, or changes the sampling, of running processes.
// Path:    argv -> [cli] -> the socket of the collector -> the control block of a process
// Failure: code 1 and a sentence; a name that nobody has is answered with the nearest.
#pragma once

#include "cli/question_options.h"

namespace seamtrace::cli {

int set_command(const SetOptions& options);

}  // namespace seamtrace::cli
