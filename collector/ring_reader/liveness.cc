#include "collector/ring_reader/liveness.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace seamtrace::collector {
namespace {

// Younger than the headers of the distributions we build on.
struct PidfdInfo {
  uint64_t mask, cgroup_id;
  uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
  int32_t exit_code;
  uint32_t reserved[2];
};
static_assert(sizeof(PidfdInfo) == 72);
constexpr uint64_t kPidfdInfoExit = 1u << 3;
constexpr unsigned long kPidfdGetInfo = _IOWR(0xFF, 11, PidfdInfo);

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

}  // namespace

uint64_t own_pid_namespace() {
  struct stat status {};
  return ::stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

std::optional<ProcessState> process_state(uint32_t pid) {
  char path[48];
  std::snprintf(path, sizeof(path), "/proc/%u/stat", pid);
  const FileDescriptor file(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  char text[2048];
  const ssize_t size = ::read(file.get(), text, sizeof(text) - 1);
  if (size <= 0) return std::nullopt;
  text[size] = 0;
  // The command (field 2) may hold anything, also ") Z "; the last parenthesis ends it.
  const char* at = std::strrchr(text, ')');
  if (at == nullptr || at[1] == 0) return std::nullopt;
  ProcessState state;
  state.zombie = at[2] == 'Z' || at[2] == 'X';
  int field = 2;
  for (; *at != 0; ++at) {
    if (*at != ' ') continue;
    ++field;
    if (field == 22) state.start_ticks = std::strtoull(at + 1, nullptr, 10);
    if (field == 52 && state.zombie)
      state.wait_status = static_cast<int>(std::strtol(at + 1, nullptr, 10));
  }
  return state;
}

Death death_from_wait_status(int wait_status) {
  if (WIFSIGNALED(wait_status)) return {Death::Kind::kKilled, WTERMSIG(wait_status)};
  if (WIFEXITED(wait_status)) return {Death::Kind::kExited, 0};
  return {};
}

ExitWatch::ExitWatch(uint32_t pid, uint64_t pid_namespace, uint64_t start_ticks)
    : pid_(pid), start_ticks_(start_ticks) {
  if (pid == 0 || pid > INT32_MAX || pid_namespace == 0 || pid_namespace != own_pid_namespace())
    return;
  FileDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0u)));
  if (!pidfd) return;
  // Only after opening: the number may have been used again before, not any more now.
  const auto state = process_state(pid);
  if (!state || (start_ticks != 0 && state->start_ticks != start_ticks)) return;
  pidfd_ = std::move(pidfd);
}

bool ExitWatch::ended() const {
  pollfd request{pidfd_.get(), POLLIN, 0};
  return ::poll(&request, 1, 0) == 1;
}

std::optional<Death> ExitWatch::death() const {
  if (!watching() || !ended()) return std::nullopt;
  PidfdInfo info{};
  info.mask = kPidfdInfoExit;
  if (::ioctl(pidfd_.get(), kPidfdGetInfo, &info) == 0 && (info.mask & kPidfdInfoExit) != 0)
    return death_from_wait_status(info.exit_code);
  const auto state = process_state(pid_);  // not reaped yet, or an older kernel
  if (state && state->zombie && state->wait_status &&
      (start_ticks_ == 0 || state->start_ticks == start_ticks_))
    return death_from_wait_status(*state->wait_status);
  return std::nullopt;
}

}  // namespace seamtrace::collector
