// The process starts programs, confines itself, or ends.
#include <linux/seccomp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/context/context.h"
#include "agent/context/exec_environment.h"
#include "agent/hooks/io_hooks.h"
#include "agent/ring_writer/segment_writer.h"

namespace seamtrace::agent::hooks {
namespace {

NextFunction<int(const char*, char* const*, char* const*)> next_execve("execve");
NextFunction<int(const char*, char* const*)> next_execv("execv");
NextFunction<int(const char*, char* const*)> next_execvp("execvp");
NextFunction<int(const char*, char* const*, char* const*)> next_execvpe("execvpe");
NextFunction<int(int, char* const*, char* const*)> next_fexecve("fexecve");
using SpawnFunction = int(pid_t*, const char*, const posix_spawn_file_actions_t*,
                          const posix_spawnattr_t*, char* const*, char* const*);
NextFunction<SpawnFunction> next_posix_spawn("posix_spawn");
NextFunction<SpawnFunction> next_posix_spawnp("posix_spawnp");
NextFunction<int(int, ...)> next_prctl("prctl");
NextFunction<void()> next_abort("abort");

__attribute__((constructor)) void resolve_early() {
  next_execve.resolve();
  next_execv.resolve();
  next_execvp.resolve();
  next_execvpe.resolve();
  next_fexecve.resolve();
  next_posix_spawn.resolve();
  next_posix_spawnp.resolve();
  next_prctl.resolve();
  next_abort.resolve();
}

/// The environment for a new program: the given one, or (where asked for) one with the context of
/// the request that is being served, on the hook's own stack.
#define SEAMTRACE_WITH_CONTEXT(environment)               \
  context::ExecEnvironment exec_environment(environment); \
  if (exec_environment.wanted())                          \
    exec_environment.fill(static_cast<char**>(__builtin_alloca(exec_environment.bytes())));

}  // namespace
}  // namespace seamtrace::agent::hooks

using namespace seamtrace::agent;
using namespace seamtrace::agent::hooks;

SEAMTRACE_HOOK int execve(const char* path, char* const* arguments, char* const* environment) {
  SEAMTRACE_WITH_CONTEXT(environment)
  auto* next = next_execve.get();
  return next != nullptr ? next(path, arguments, exec_environment.get())
                         : static_cast<int>(as_libc_result(
                               raw_syscall(SYS_execve, as_argument(path), as_argument(arguments),
                                           as_argument(exec_environment.get()))));
}

SEAMTRACE_HOOK int execv(const char* path, char* const* arguments) {
  auto* next = next_execv.get();
  SEAMTRACE_WITH_CONTEXT(environ)
  if (!exec_environment.wanted() && next != nullptr) return next(path, arguments);
  return execve(path, arguments, environ);
}

SEAMTRACE_HOOK int execvpe(const char* file, char* const* arguments, char* const* environment) {
  SEAMTRACE_WITH_CONTEXT(environment)
  auto* next = next_execvpe.get();
  if (next != nullptr) return next(file, arguments, exec_environment.get());
  errno = ENOSYS;
  return -1;
}

SEAMTRACE_HOOK int execvp(const char* file, char* const* arguments) {
  auto* next = next_execvp.get();
  SEAMTRACE_WITH_CONTEXT(environ)
  if (!exec_environment.wanted() && next != nullptr) return next(file, arguments);
  return execvpe(file, arguments, environ);
}

SEAMTRACE_HOOK int fexecve(int fd, char* const* arguments, char* const* environment) {
  SEAMTRACE_WITH_CONTEXT(environment)
  auto* next = next_fexecve.get();
  if (next != nullptr) return next(fd, arguments, exec_environment.get());
  errno = ENOSYS;
  return -1;
}

SEAMTRACE_HOOK int posix_spawn(pid_t* pid, const char* path,
                               const posix_spawn_file_actions_t* actions,
                               const posix_spawnattr_t* attributes, char* const* arguments,
                               char* const* environment) {
  SEAMTRACE_WITH_CONTEXT(environment)
  auto* next = next_posix_spawn.get();
  return next != nullptr ? next(pid, path, actions, attributes, arguments, exec_environment.get())
                         : ENOSYS;
}

SEAMTRACE_HOOK int posix_spawnp(pid_t* pid, const char* file,
                                const posix_spawn_file_actions_t* actions,
                                const posix_spawnattr_t* attributes, char* const* arguments,
                                char* const* environment) {
  SEAMTRACE_WITH_CONTEXT(environment)
  auto* next = next_posix_spawnp.get();
  return next != nullptr ? next(pid, file, actions, attributes, arguments, exec_environment.get())
                         : ENOSYS;
}

#if !defined(__x86_64__)
// The plain twin of vfork_hook.S: POSIX lets vfork be fork.
SEAMTRACE_HOOK pid_t vfork() { return fork(); }
#endif

SEAMTRACE_HOOK int prctl(int option, ...) {
  va_list list;
  va_start(list, option);
  long arguments[4];
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  if (option == PR_SET_SECCOMP) sandboxed.store(true, std::memory_order_relaxed);
  auto* next = next_prctl.get();
  return next != nullptr
             ? next(option, arguments[0], arguments[1], arguments[2], arguments[3])
             : static_cast<int>(as_libc_result(raw_syscall(
                   SYS_prctl, option, arguments[0], arguments[1], arguments[2], arguments[3])));
}

SEAMTRACE_HOOK void abort() {
  pipeline::with_agent([] { ring_writer::note_fatal_signal(SIGABRT); });
  auto* next = next_abort.get();
  if (next != nullptr) next();
  raw_syscall(SYS_tgkill, current_pid(), current_tid(), SIGABRT);
  for (;;) raw_syscall(SYS_exit_group, 127);
}
