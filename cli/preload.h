// Preload: where the agent's library is, and how a program is made to load it.
// Failure: a sentence; the program is then run untraced.
#pragma once

#include <string>
#include <string_view>

#include "collector/support/result.h"

namespace seamtrace::cli {

/// SEAMTRACE_LIBRARY (`override_path`, may be empty), else ../lib/libseamtrace.so of this
/// program. The result can stand in LD_PRELOAD: it has no space and no colon.
collector::Result<std::string> find_agent_library(std::string_view override_path);

/// `library` in front of what LD_PRELOAD holds already, and not twice.
std::string prepend_preload(std::string_view preload, std::string_view library);

/// True when `preload` names the agent.
bool names_agent(std::string_view preload);

/// Called first of all: the exporter's own traffic must not be traced. When this process was
/// itself started with the agent preloaded, it starts itself anew without. What LD_PRELOAD held
/// besides is kept for the programs that `run` starts.
void shed_agent(char** argv);

}  // namespace seamtrace::cli
