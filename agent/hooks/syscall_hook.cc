// syscall(): some libraries (libuv) call the kernel by number.
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/context/context.h"
#include "agent/hooks/io_hooks.h"

namespace seamtrace::agent::hooks {
namespace {

NextFunction<long(long, ...)> next_syscall("syscall");

__attribute__((constructor)) void resolve_early() { next_syscall.resolve(); }

struct Arguments {
  long value[6];
};

long make_call(long number, const Arguments& a) {
  if (auto* next = next_syscall.get())
    return next(number, a.value[0], a.value[1], a.value[2], a.value[3], a.value[4], a.value[5]);
  return as_libc_result(
      raw_syscall(number, a.value[0], a.value[1], a.value[2], a.value[3], a.value[4], a.value[5]));
}

ssize_t read_into(long number, const Arguments& a, const iovec* buffers, size_t count, int flags) {
  return traced_read(static_cast<int>(a.value[0]), buffers, count, flags, CallOf::kAnyFd,
                     [&] { return make_call(number, a); });
}

ssize_t write_from(long number, const Arguments& a, const iovec* buffers, size_t count, int flags,
                   const msghdr* message) {
  return traced_write(static_cast<int>(a.value[0]), buffers, count, flags, message, CallOf::kAnyFd,
                      [&] { return make_call(number, a); });
}

iovec buffer_of(const Arguments& a) {
  return {reinterpret_cast<void*>(a.value[1]), static_cast<size_t>(a.value[2])};
}

/// The message of a call on a connection; null for any other, which must not be looked into: the
/// pointer may be bad, and the kernel says so.
const msghdr* message_if_traced(const Arguments& a) {
  const bool traced =
      connections::is_connection(look_up(static_cast<int>(a.value[0]), CallOf::kSocket));
  return traced ? reinterpret_cast<const msghdr*>(a.value[1]) : nullptr;
}

void before_call(long number, const Arguments& a) {
  const int fd = static_cast<int>(a.value[0]);
  switch (number) {
    case SYS_close:
      connections::closing(fd);
      break;
    case SYS_close_range:
      if ((a.value[2] & 4) == 0)  // CLOSE_RANGE_CLOEXEC
        connections::closing_range(static_cast<uint32_t>(a.value[0]),
                                   static_cast<uint32_t>(a.value[1]));
      break;
    case SYS_connect:
      connections::connecting(fd, reinterpret_cast<const sockaddr*>(a.value[1]),
                              static_cast<socklen_t>(a.value[2]));
      break;
    case SYS_seccomp:
      sandboxed.store(true, std::memory_order_relaxed);
      break;
    case SYS_futex:
      if ((a.value[1] & 0x7f) == 0 || (a.value[1] & 0x7f) == 9)  // FUTEX_WAIT, FUTEX_WAIT_BITSET
        context::wait_begins(reinterpret_cast<const void*>(a.value[0]));
      break;
    default:
      break;
  }
}

void after_call(long number, const Arguments& a, long result) {
  if (result < 0) return;
  const int fd = static_cast<int>(result);
  switch (number) {
    case SYS_socket:
      connections::socket_created(fd, static_cast<int>(a.value[0]), static_cast<int>(a.value[1]));
      break;
    case SYS_accept:
    case SYS_accept4:
      connections::accepted(fd, nullptr, 0);  // the kernel is asked for the peer
      break;
#ifdef SYS_dup2
    case SYS_dup2:
#endif
    case SYS_dup:
    case SYS_dup3:
      connections::duplicated(static_cast<int>(a.value[0]), fd);
      break;
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait:
      context::iteration_started();
      break;
    default:
      break;
  }
}

bool starts_agent(long number) {
  return number == SYS_accept || number == SYS_accept4 || number == SYS_connect;
}

}  // namespace
}  // namespace seamtrace::agent::hooks

using namespace seamtrace::agent;
using namespace seamtrace::agent::hooks;

SEAMTRACE_HOOK long syscall(long number, ...) {
  Arguments a;
  va_list list;
  va_start(list, number);
  for (long& value : a.value) value = va_arg(list, long);
  va_end(list);
  switch (number) {
    case SYS_read:
    case SYS_recvfrom: {
      const iovec piece = buffer_of(a);
      return read_into(number, a, &piece, 1,
                       number == SYS_recvfrom ? static_cast<int>(a.value[3]) : 0);
    }
    case SYS_readv:
      return read_into(number, a, reinterpret_cast<const iovec*>(a.value[1]),
                       static_cast<size_t>(a.value[2]), 0);
    case SYS_recvmsg: {
      const auto* message = message_if_traced(a);
      if (message == nullptr) return make_call(number, a);
      return read_into(number, a, message->msg_iov, message->msg_iovlen,
                       static_cast<int>(a.value[2]));
    }
    case SYS_write:
    case SYS_sendto: {
      const iovec piece = buffer_of(a);
      return write_from(number, a, &piece, 1,
                        number == SYS_sendto ? static_cast<int>(a.value[3]) : 0, nullptr);
    }
    case SYS_writev:
      return write_from(number, a, reinterpret_cast<const iovec*>(a.value[1]),
                        static_cast<size_t>(a.value[2]), 0, nullptr);
    case SYS_sendmsg: {
      const auto* message = message_if_traced(a);
      if (message == nullptr) return make_call(number, a);
      return write_from(number, a, message->msg_iov, message->msg_iovlen,
                        static_cast<int>(a.value[2]), message);
    }
    default:
      break;
  }
  if (starts_agent(number)) pipeline::start();
  pipeline::with_agent([&] { before_call(number, a); });
  const long result = make_call(number, a);
  pipeline::with_agent([&] { after_call(number, a, result); });
  return result;
}
