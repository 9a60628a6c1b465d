// DatabaseOptions: what a traced process's spans of data stores shall hold.
// Path:    environment of the process over that of the collector -> DatabaseInterpreter
// Owner:   a value.
#pragma once

#include "collector/support/configuration.h"

namespace seamtrace::collector {

struct DatabaseOptions {
  /// `configuration` is the process's view: its own variables over the collector's.
  static DatabaseOptions from(const Configuration& configuration);

  bool returned_rows = false;
  bool old_names = false;  ///< also the names from before the conventions became stable
};

}  // namespace seamtrace::collector
