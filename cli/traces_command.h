// `seamtrace traces`: finds traces, and goes on with new ones as they come.
// Path:    the query API -> [cli] -> stdout
// Failure: code 1 and a sentence; a query that is wrong is shown with a mark under the fault.
#pragma once

#include "cli/question_options.h"

namespace seamtrace::cli {

int traces_command(const TracesOptions& options);

}  // namespace seamtrace::cli
