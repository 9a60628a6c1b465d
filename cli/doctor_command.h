// `seamtrace doctor PROGRAM`: can it be traced, what will be missed, what to do.
#pragma once

#include "cli/command_line.h"

namespace seamtrace::cli {

int doctor_command(const DoctorOptions& options);

}  // namespace seamtrace::cli
