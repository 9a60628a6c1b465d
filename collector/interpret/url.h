// URLs: request targets and hosts taken apart, and secrets taken out.
// Memory:  borrows from the input; what has to be changed is built in the arena.
// Failure: any bytes are accepted.
// Source:  RFC 9112, section 3.2; RFC 3986; semantic conventions, url.full and url.query.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "collector/support/arena.h"

namespace seamtrace::collector {

struct HostPort {
  std::string_view host;  ///< without brackets
  uint16_t port = 0;      ///< 0: none
};
/// Of `host`, `host:port`, `[v6]`, `[v6]:port` and a bare IPv6 address.
HostPort split_host_port(std::string_view authority);

struct UrlTarget {
  enum class Form { kOrigin, kAbsolute, kAuthority, kAsterisk };
  Form form = Form::kOrigin;
  std::string_view scheme;     ///< absolute form only
  std::string_view authority;  ///< absolute and authority form; without credentials
  bool has_credentials = false;
  std::string_view path;
  std::string_view query;  ///< without the `?`
  bool has_query = false;
};
UrlTarget parse_target(std::string_view method, std::string_view target);

/// 80, 443, or 0 for another scheme.
uint16_t default_port(std::string_view scheme);

inline constexpr std::string_view kRedacted = "REDACTED";

/// `query` with the values of secret keys redacted: those of the semantic conventions and
/// `more_keys`. The query itself when it has none.
std::string_view redact_query(Arena& arena, std::string_view query,
                              std::span<const std::string> more_keys);

/// The parts of a URL, put together. `path` begins with a slash or is empty.
struct UrlParts {
  std::string_view scheme;
  bool has_credentials = false;
  std::string_view host;  ///< without brackets
  uint16_t port = 0;      ///< left out when 0 or the default of the scheme
  std::string_view path;
  std::string_view query;  ///< already redacted
  bool has_query = false;
};
std::string_view build_url(Arena& arena, const UrlParts& parts);

}  // namespace seamtrace::collector
