#include "collector/interpret/forwarded.h"

#include <algorithm>

#include "collector/interpret/url.h"
#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

/// The part of `text` before `delimiter`, not looking into quoted strings.
std::string_view before(std::string_view text, char delimiter) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == delimiter) {
      return text.substr(0, i);
    }
  }
  return text;
}

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  // No address or host needs an escape.
  return text.find('\\') == std::string_view::npos ? text : std::string_view{};
}

}  // namespace

Forwarded parse_forwarded(std::string_view value) {
  Forwarded result;
  std::string_view element = before(value, ',');
  while (!element.empty()) {
    const std::string_view pair = before(element, ';');
    element.remove_prefix(std::min(element.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = wire::trim(pair.substr(0, equals));
    const std::string_view text = unquoted(wire::trim(pair.substr(equals + 1)));
    if (wire::equals_ignoring_case(name, "for")) result.client = node_address(text);
    if (wire::equals_ignoring_case(name, "host")) result.host = text;
    if (wire::equals_ignoring_case(name, "proto")) result.scheme = sound_scheme(text);
  }
  return result;
}

std::string_view node_address(std::string_view node) {
  const std::string_view host = split_host_port(unquoted(wire::trim(node))).host;
  return wire::equals_ignoring_case(host, "unknown") ? std::string_view{} : host;
}

std::string_view sound_scheme(std::string_view value) {
  const auto allowed = [](char c) {
    return (wire::to_lower(c) >= 'a' && wire::to_lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           c == '+' || c == '-' || c == '.';
  };
  return value.size() <= 32 && std::all_of(value.begin(), value.end(), allowed)
             ? value
             : std::string_view{};
}

}  // namespace seamtrace::collector
