// Endpoint: the address of an OTLP receiver, checked before use.
// Path:    configuration -> [export/otlp]
// Failure: a sentence that says what is wrong and, where it can, what was meant.
// Source:  OpenTelemetry specification, protocol/exporter, "Endpoint URLs for OTLP/HTTP".
#pragma once

#include <string>
#include <string_view>

namespace seamtrace::collector {

struct Endpoint {
  std::string url;      ///< complete; empty when `error` is set
  std::string display;  ///< the same without user and password, for people
  std::string error;    ///< empty when the address is good

  bool valid() const { return error.empty(); }
};

/// For the address that serves all signals: `v1/traces` is appended to its path.
Endpoint parse_base_endpoint(std::string_view text);

/// For the address of the traces signal: used as it is, an empty path becoming `/`.
Endpoint parse_traces_endpoint(std::string_view text);

}  // namespace seamtrace::collector
