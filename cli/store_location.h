// StoreLocation: where traces are kept when nobody says.
// Path:    configuration -> [cli] -> collector/store
#pragma once

#include <string>

#include "collector/support/configuration.h"

namespace seamtrace::cli {

/// SEAMTRACE_STORE, else `seamtrace/traces.db` in XDG_DATA_HOME or ~/.local/share, else (no home
/// directory that could be written to) in a folder of this user below TMPDIR or /tmp.
std::string default_store_path(const collector::Configuration& configuration);

}  // namespace seamtrace::cli
