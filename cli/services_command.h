// `seamtrace services`: rates, errors and durations of services, or of the operations of one.
// Path:    the query API -> [cli] -> stdout
// Failure: code 1 and a sentence; a service that is not there is answered with the nearest.
#pragma once

#include "cli/question_options.h"

namespace seamtrace::cli {

int services_command(const ServicesOptions& options);

}  // namespace seamtrace::cli
