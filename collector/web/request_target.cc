#include "collector/web/request_target.h"

#include <algorithm>

#include "collector/support/percent_encoding.h"

namespace seamtrace::collector {
namespace {

bool leads_upwards(std::string_view path) {
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (path.substr(begin, end - begin) == "..") return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace

std::optional<RequestTarget> parse_request_target(std::string_view target) {
  if (target.empty() || target[0] != '/') return {};
  const size_t question = target.find('?');
  RequestTarget result;
  auto path = percent_decode(target.substr(0, question), false);
  if (!path || path->find('\0') != std::string::npos || leads_upwards(*path)) return {};
  result.path = std::move(*path);
  if (question == std::string_view::npos) return result;
  std::string_view query = target.substr(question + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const size_t equals = pair.find('=');
    const auto name = percent_decode(pair.substr(0, equals), true);
    const auto value =
        percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (!name || !value) return {};
    if (!name->empty()) result.parameters[*name] = *value;
  }
  return result;
}

}  // namespace seamtrace::collector
