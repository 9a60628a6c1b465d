// Forwarded: what proxies say of the original request.
// Memory:  borrows from the input.
// Failure: malformed parts are as if they were not there.
// Source:  RFC 7239; the de-facto X-Forwarded-* fields.
#pragma once

#include <string_view>

namespace seamtrace::collector {

struct Forwarded {
  std::string_view client;  ///< `for`, without port, brackets and quotes; empty when unknown
  std::string_view host;    ///< with its port
  std::string_view scheme;  ///< `proto`
};

/// The first element (the one nearest to the client) of a Forwarded field.
Forwarded parse_forwarded(std::string_view value);

/// The address of a node such as `192.0.2.1:80`, `"[2001:db8::1]:4711"` or `_hidden`; empty for
/// `unknown`.
std::string_view node_address(std::string_view node);

/// `value` if it can be a URL scheme, else empty.
std::string_view sound_scheme(std::string_view value);

}  // namespace seamtrace::collector
