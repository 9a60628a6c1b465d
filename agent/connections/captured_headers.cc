#include "agent/connections/captured_headers.h"

#include "agent/runtime/process_state.h"
#include "wire/configuration.h"

namespace seamtrace::agent::connections {

bool is_captured(wire::Role role, bool of_request, std::string_view name) {
  const int r = role == wire::Role::kServer ? 0 : 1;
  const int d = of_request ? 0 : 1;
  if (__builtin_expect(!settings.captures_headers[r][d], 1)) return false;
  std::string_view list = settings.captured_headers[r][d];
  while (list.data() != nullptr)
    if (wire::equals_ignoring_case(wire::next_item(list), name)) return true;
  return false;
}

}  // namespace seamtrace::agent::connections
