#include "agent/connections/captured_headers.h"

#include "wire/configuration.h"

namespace seamtrace::agent::connections {

bool is_listed(const char* list, std::string_view name) {
  std::string_view rest = list;
  while (rest.data() != nullptr)
    if (wire::equals_ignoring_case(wire::next_item(rest), name)) return true;
  return false;
}

}  // namespace seamtrace::agent::connections
