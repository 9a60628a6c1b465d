// `seamtrace top`: rates, errors and durations by operation, again each second.
// Path:    the query API -> [cli] -> the terminal, or tables on stdout
// Failure: code 1 and a sentence; the terminal is restored at every way out.
#pragma once

#include "cli/question_options.h"

namespace seamtrace::cli {

int top_command(const TopOptions& options);

}  // namespace seamtrace::cli
