// Spawn: starts the program as a shell would, and tells exactly why it could not.
// Path:    a support type of `seamtrace run`
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "cli/run/signals.h"

namespace seamtrace::cli {

/// The environment of a program: `NAME=value` texts.
using EnvironmentList = std::vector<std::string>;

EnvironmentList current_environment();
void set_variable(EnvironmentList& environment, const std::string& name, const std::string& value);

struct Spawned {
  pid_t pid = -1;
  int error_number = 0;  ///< of exec or fork, when pid is -1
};

Spawned spawn_program(const std::vector<std::string>& command, const EnvironmentList& environment,
                      const SignalState& signals);

/// Becomes the program. Returns the errno when that fails.
int become_program(const std::vector<std::string>& command, const EnvironmentList& environment);

/// Says why `program` could not be started, and gives the exit code: 127 or 126.
int explain_start_failure(const std::string& program, int error_number);

}  // namespace seamtrace::cli
