// How fds come, go, and are shared.
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/hooks/io_hooks.h"

namespace seamtrace::agent::hooks {
namespace {

NextFunction<int(int, int, int)> next_socket("socket");
NextFunction<int(int, int)> next_listen("listen");
NextFunction<int(int, sockaddr*, socklen_t*)> next_accept("accept");
NextFunction<int(int, sockaddr*, socklen_t*, int)> next_accept4("accept4");
NextFunction<int(int, const sockaddr*, socklen_t)> next_connect("connect");
NextFunction<int(int, int, int, void*, socklen_t*)> next_getsockopt("getsockopt");
NextFunction<int(int, int)> next_shutdown("shutdown");
NextFunction<int(int)> next_close("close");
NextFunction<int(FILE*)> next_fclose("fclose");
NextFunction<int(unsigned, unsigned, int)> next_close_range("close_range");
NextFunction<void(int)> next_closefrom("closefrom");
NextFunction<int(int)> next_dup("dup");
NextFunction<int(int, int)> next_dup2("dup2");
NextFunction<int(int, int, int)> next_dup3("dup3");
NextFunction<int(int, int, ...)> next_fcntl("fcntl");
NextFunction<int(int, int, ...)> next_fcntl64("fcntl64");

__attribute__((constructor)) void resolve_early() {
  next_socket.resolve();
  next_listen.resolve();
  next_accept.resolve();
  next_accept4.resolve();
  next_connect.resolve();
  next_getsockopt.resolve();
  next_shutdown.resolve();
  next_close.resolve();
  next_fclose.resolve();
  next_close_range.resolve();
  next_closefrom.resolve();
  next_dup.resolve();
  next_dup2.resolve();
  next_dup3.resolve();
  next_fcntl.resolve();
  next_fcntl64.resolve();
}

/// How much of an address the caller's buffer can hold.
socklen_t capacity_of(const sockaddr* address, const socklen_t* size) {
  return address != nullptr && size != nullptr ? *size : 0;
}

void after_accept(int fd, const sockaddr* address, const socklen_t* size, socklen_t capacity) {
  if (fd < 0 || !pipeline::start()) return;
  const socklen_t written = capacity_of(address, size);
  pipeline::with_agent(
      [&] { connections::accepted(fd, address, written < capacity ? written : capacity); });
}

void after_dup(int original, int copy) {
  if (copy >= 0) pipeline::with_agent([&] { connections::duplicated(original, copy); });
}

void before_close(int fd) {
  if (!agent_is_on() || connections::entry_of(fd) == connections::kNotTraced) return;
  pipeline::with_agent([&] { connections::closing(fd); });
}

constexpr long kHighestFd = 0xffff'ffff;

bool duplicates(int command) { return command == F_DUPFD || command == F_DUPFD_CLOEXEC; }

}  // namespace
}  // namespace seamtrace::agent::hooks

using namespace seamtrace::agent;
using namespace seamtrace::agent::hooks;

SEAMTRACE_HOOK int socket(int domain, int type, int protocol) {
  auto* next = next_socket.get();
  const int fd =
      next != nullptr
          ? next(domain, type, protocol)
          : static_cast<int>(as_libc_result(raw_syscall(SYS_socket, domain, type, protocol)));
  if (fd >= 0) pipeline::with_agent([&] { connections::socket_created(fd, domain, type); });
  return fd;
}

SEAMTRACE_HOOK int listen(int fd, int backlog) {
  auto* next = next_listen.get();
  const int result = next != nullptr
                         ? next(fd, backlog)
                         : static_cast<int>(as_libc_result(raw_syscall(SYS_listen, fd, backlog)));
  if (result == 0 && pipeline::start()) pipeline::with_agent([&] { connections::listening(fd); });
  return result;
}

SEAMTRACE_HOOK int accept(int fd, sockaddr* address, socklen_t* size) {
  auto* next = next_accept.get();
  const socklen_t capacity = capacity_of(address, size);
  const int accepted = next != nullptr
                           ? next(fd, address, size)
                           : static_cast<int>(as_libc_result(raw_syscall(
                                 SYS_accept, fd, as_argument(address), as_argument(size))));
  after_accept(accepted, address, size, capacity);
  return accepted;
}

SEAMTRACE_HOOK int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  auto* next = next_accept4.get();
  const socklen_t capacity = capacity_of(address, size);
  const int accepted = next != nullptr
                           ? next(fd, address, size, flags)
                           : static_cast<int>(as_libc_result(raw_syscall(
                                 SYS_accept4, fd, as_argument(address), as_argument(size), flags)));
  after_accept(accepted, address, size, capacity);
  return accepted;
}

SEAMTRACE_HOOK int connect(int fd, const sockaddr* address, socklen_t size) {
  auto* next = next_connect.get();
  // The connection is known before the peer can answer on another thread.
  if (pipeline::start()) pipeline::with_agent([&] { connections::connecting(fd, address, size); });
  const int result = next != nullptr ? next(fd, address, size)
                                     : static_cast<int>(as_libc_result(raw_syscall(
                                           SYS_connect, fd, as_argument(address), size)));
  if (result != 0) pipeline::with_agent([&] { connections::connect_failed(fd, errno); });
  return result;
}

/// How a program learns that a non-blocking connect has failed.
SEAMTRACE_HOOK int getsockopt(int fd, int level, int option, void* value, socklen_t* size) {
  auto* next = next_getsockopt.get();
  const int result =
      next != nullptr
          ? next(fd, level, option, value, size)
          : static_cast<int>(as_libc_result(raw_syscall(SYS_getsockopt, fd, level, option,
                                                        as_argument(value), as_argument(size))));
  if (result == 0 && level == SOL_SOCKET && option == SO_ERROR && *size == sizeof(int) &&
      agent_is_on() && connections::is_connection(connections::entry_of(fd))) {
    int error = 0;
    memcpy(&error, value, sizeof error);
    pipeline::with_agent([&] { connections::connect_failed(fd, error); });
  }
  return result;
}

SEAMTRACE_HOOK int shutdown(int fd, int how) {
  if (agent_is_on() && how != SHUT_RD) {
    const connections::FdEntry entry = connections::entry_of(fd);
    if (connections::is_connection(entry))
      pipeline::with_agent([&] { connections::shut_down_writing(fd, entry); });
  }
  auto* next = next_shutdown.get();
  return next != nullptr ? next(fd, how)
                         : static_cast<int>(as_libc_result(raw_syscall(SYS_shutdown, fd, how)));
}

SEAMTRACE_HOOK int close(int fd) {
  before_close(fd);
  auto* next = next_close.get();
  return next != nullptr ? next(fd) : static_cast<int>(as_libc_result(raw_syscall(SYS_close, fd)));
}

SEAMTRACE_HOOK int fclose(FILE* stream) {
  if (agent_is_on() && stream != nullptr) {
    const ErrnoSaver saver;
    const int fd = fileno(stream);
    if (fd >= 0) before_close(fd);
  }
  auto* next = next_fclose.get();
  return next != nullptr ? next(stream) : EOF;
}

SEAMTRACE_HOOK int close_range(unsigned first, unsigned last, int flags) {
  constexpr int kCloseRangeCloexec = 4;
  if ((flags & kCloseRangeCloexec) == 0)
    pipeline::with_agent([&] { connections::closing_range(first, last); });
  auto* next = next_close_range.get();
  return next != nullptr
             ? next(first, last, flags)
             : static_cast<int>(as_libc_result(raw_syscall(
                   SYS_close_range, static_cast<long>(first), static_cast<long>(last), flags)));
}

SEAMTRACE_HOOK void closefrom(int first) {
  const unsigned from = first < 0 ? 0 : static_cast<unsigned>(first);
  pipeline::with_agent(
      [&] { connections::closing_range(from, static_cast<uint32_t>(kHighestFd)); });
  auto* next = next_closefrom.get();
  if (next != nullptr)
    next(first);
  else
    raw_syscall(SYS_close_range, static_cast<long>(from), kHighestFd, 0);
}

SEAMTRACE_HOOK int dup(int fd) {
  auto* next = next_dup.get();
  const int copy =
      next != nullptr ? next(fd) : static_cast<int>(as_libc_result(raw_syscall(SYS_dup, fd)));
  after_dup(fd, copy);
  return copy;
}

SEAMTRACE_HOOK int dup2(int fd, int wanted) {
  auto* next = next_dup2.get();
  const int copy =
      next != nullptr
          ? next(fd, wanted)
          : static_cast<int>(as_libc_result(fd == wanted ? raw_syscall(SYS_fcntl, fd, F_GETFD)
                                                         : raw_syscall(SYS_dup3, fd, wanted, 0)));
  after_dup(fd, copy);
  return copy;
}

SEAMTRACE_HOOK int dup3(int fd, int wanted, int flags) {
  auto* next = next_dup3.get();
  const int copy = next != nullptr
                       ? next(fd, wanted, flags)
                       : static_cast<int>(as_libc_result(raw_syscall(SYS_dup3, fd, wanted, flags)));
  after_dup(fd, copy);
  return copy;
}

SEAMTRACE_HOOK int fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  const long argument = va_arg(arguments, long);
  va_end(arguments);
  auto* next = next_fcntl.get();
  const int result =
      next != nullptr
          ? next(fd, command, argument)
          : static_cast<int>(as_libc_result(raw_syscall(SYS_fcntl, fd, command, argument)));
  if (duplicates(command)) after_dup(fd, result);
  return result;
}

SEAMTRACE_HOOK int fcntl64(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  const long argument = va_arg(arguments, long);
  va_end(arguments);
  auto* next = next_fcntl64.get();
  const int result =
      next != nullptr
          ? next(fd, command, argument)
          : static_cast<int>(as_libc_result(raw_syscall(SYS_fcntl, fd, command, argument)));
  if (duplicates(command)) after_dup(fd, result);
  return result;
}
