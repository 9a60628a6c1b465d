// CapturedHeaders: which header fields the user asked to be recorded.
#pragma once

#include <string_view>

#include "agent/runtime/process_state.h"
#include "wire/records.h"

namespace seamtrace::agent::connections {

/// Whether a header name is in a comma list of lower-case names.
bool is_listed(const char* list, std::string_view name);

/// Whether a header name is in the OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_* list of this role
/// and direction. One load where nothing is captured.
inline bool is_captured(wire::Role role, bool of_request, const char* name, uint32_t name_size) {
  const int r = role == wire::Role::kServer ? 0 : 1;
  const int d = of_request ? 0 : 1;
  if (__builtin_expect(!settings.captures_headers[r][d], 1)) return false;
  return is_listed(settings.captured_headers[r][d], {name, name_size});
}

}  // namespace seamtrace::agent::connections
