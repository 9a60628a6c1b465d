// Container id: which container a process runs in, from its own cgroup and mounts.
// Failure: empty when it runs in none, or in one that does not say.
// Source:  cgroups(7); the path conventions of Docker, containerd, CRI-O and Podman.
#pragma once

#include <string>
#include <string_view>

namespace seamtrace::collector {

/// `cgroup`: /proc/self/cgroup (names the container with cgroup v1); `mount_info`: lines of
/// /proc/self/mountinfo (name it with v2).
std::string container_id(std::string_view cgroup, std::string_view mount_info);

}  // namespace seamtrace::collector
