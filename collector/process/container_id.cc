#include "collector/process/container_id.h"

#include <algorithm>

namespace seamtrace::collector {
namespace {

constexpr size_t kIdLength = 64;

bool is_id(std::string_view text) {
  return text.size() == kIdLength && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string_view next_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// The id in a last path component such as `docker-<id>.scope`, `cri-containerd:<id>` or `<id>`.
std::string_view id_of_component(std::string_view component) {
  constexpr std::string_view kScope = ".scope";
  if (component.ends_with(kScope)) component.remove_suffix(kScope.size());
  if (component.size() < kIdLength) return {};
  const std::string_view id = component.substr(component.size() - kIdLength);
  const bool whole = component.size() == kIdLength;
  const char before = whole ? '-' : component[component.size() - kIdLength - 1];
  return is_id(id) && (before == '-' || before == ':') ? id : std::string_view{};
}

}  // namespace

std::string container_id(std::string_view cgroup, std::string_view mount_info) {
  while (!cgroup.empty()) {
    const std::string_view line = next_line(cgroup);
    const size_t slash = line.rfind('/');
    if (slash == std::string_view::npos) continue;
    if (const auto id = id_of_component(line.substr(slash + 1)); !id.empty())
      return std::string(id);
  }
  while (!mount_info.empty()) {
    // `... /var/lib/docker/containers/<id>/hostname /etc/hostname ...`: the runtime's own files,
    // mounted into the container. Ids elsewhere may be of layers, or of other containers.
    std::string_view line = next_line(mount_info);
    if (line.find("/hostname") == std::string_view::npos &&
        line.find("/resolv.conf") == std::string_view::npos &&
        line.find("/hosts") == std::string_view::npos)
      continue;
    for (size_t slash = line.find('/'); slash != std::string_view::npos;
         slash = line.find('/', slash + 1)) {
      const std::string_view id = line.substr(slash + 1, kIdLength);
      if (is_id(id) && line.substr(slash + 1 + kIdLength).starts_with('/')) return std::string(id);
    }
  }
  return {};
}

}  // namespace seamtrace::collector
