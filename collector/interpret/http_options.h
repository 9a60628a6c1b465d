// HttpOptions: what a traced process's spans of HTTP shall hold.
// Path:    environment of the process over that of the collector -> HttpInterpreter
// Owner:   a value.
#pragma once

#include <string>
#include <vector>

#include "collector/support/configuration.h"

namespace seamtrace::collector {

struct HttpOptions {
  /// `configuration` is the process's view: its own variables over the collector's.
  /// `more_redacted_keys` are added to the configured ones.
  static HttpOptions from(const Configuration& configuration,
                          const std::vector<std::string>& more_redacted_keys);

  /// Names of headers in lower case, and the attributes that they become.
  struct Capture {
    std::string header;
    std::string attribute;
  };
  struct Captures {
    std::vector<Capture> request;
    std::vector<Capture> response;
  };

  std::vector<std::string> known_methods;
  std::vector<std::string> redacted_keys;
  Captures server;
  Captures client;
  bool old_names = false;  ///< also the names from before the conventions became stable
};

}  // namespace seamtrace::collector
