// StoreLocation: where traces are kept when nobody says.
// Path:    configuration -> [cli] -> collector/store
#pragma once

#include <string>

#include "collector/support/configuration.h"
#include "collector/support/result.h"

namespace seamtrace::cli {

/// SEAMTRACE_STORE, else `seamtrace/traces.db` in XDG_DATA_HOME or ~/.local/share, else (no home
/// directory that could be written to) in a folder of this user below TMPDIR or /tmp. Absolute:
/// who asks the collector for it may stand elsewhere. An Error when that folder is not this user's
/// alone: somebody else could read what is kept.
collector::Result<std::string> default_store_path(const collector::Configuration& configuration);

}  // namespace seamtrace::cli
