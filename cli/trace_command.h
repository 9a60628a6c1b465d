// `seamtrace trace`: one trace as a waterfall, as JSON or as OTLP JSON.
// Path:    the query API -> [cli] -> stdout
// Failure: code 1 and a sentence; the beginning of several ids is answered with all of them.
#pragma once

#include "cli/question_options.h"

namespace seamtrace::cli {

int trace_command(const TraceOptions& options);

}  // namespace seamtrace::cli
