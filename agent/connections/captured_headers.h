// CapturedHeaders: which header fields the user asked to be recorded.
#pragma once

#include <string_view>

#include "wire/records.h"

namespace seamtrace::agent::connections {

/// Whether a header name is in the OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_* list of this role
/// and direction. One load where nothing is captured.
bool is_captured(wire::Role role, bool of_request, std::string_view name);

}  // namespace seamtrace::agent::connections
