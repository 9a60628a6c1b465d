// Every way in which a program reads from a socket.
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agent/hooks/io_hooks.h"

namespace seamtrace::agent::hooks {
namespace {

NextFunction<ssize_t(int, void*, size_t)> next_read("read");
NextFunction<ssize_t(int, void*, size_t, size_t)> next_read_chk("__read_chk");
NextFunction<ssize_t(int, const iovec*, int)> next_readv("readv");
NextFunction<ssize_t(int, void*, size_t, int)> next_recv("recv");
NextFunction<ssize_t(int, void*, size_t, size_t, int)> next_recv_chk("__recv_chk");
NextFunction<ssize_t(int, void*, size_t, int, sockaddr*, socklen_t*)> next_recvfrom("recvfrom");
NextFunction<ssize_t(int, void*, size_t, size_t, int, sockaddr*, socklen_t*)> next_recvfrom_chk(
    "__recvfrom_chk");
NextFunction<ssize_t(int, msghdr*, int)> next_recvmsg("recvmsg");
NextFunction<int(int, mmsghdr*, unsigned, int, timespec*)> next_recvmmsg("recvmmsg");

__attribute__((constructor)) void resolve_early() {
  next_read.resolve();
  next_read_chk.resolve();
  next_readv.resolve();
  next_recv.resolve();
  next_recv_chk.resolve();
  next_recvfrom.resolve();
  next_recvfrom_chk.resolve();
  next_recvmsg.resolve();
  next_recvmmsg.resolve();
}

ssize_t system_read(int fd, void* buffer, size_t size) {
  return as_libc_result(raw_syscall(SYS_read, fd, as_argument(buffer), static_cast<long>(size)));
}

ssize_t system_recvfrom(int fd, void* buffer, size_t size, int flags, sockaddr* address,
                        socklen_t* address_size) {
  return as_libc_result(raw_syscall(SYS_recvfrom, fd, as_argument(buffer), static_cast<long>(size),
                                    flags, as_argument(address), as_argument(address_size)));
}

/// The fds that came with a message.
void note_received_fds(const msghdr* message) {
  for (cmsghdr* control = CMSG_FIRSTHDR(message); control != nullptr;
       control = CMSG_NXTHDR(const_cast<msghdr*>(message), control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    const unsigned char* data = CMSG_DATA(control);
    for (size_t i = 0; i < count; ++i) {
      int fd;
      __builtin_memcpy(&fd, data + i * sizeof fd, sizeof fd);
      connections::received_fd(fd);
    }
  }
}

void after_message(const msghdr* message, ssize_t result) {
  if (result < 0 || message->msg_controllen == 0) return;
  if (!agent_is_on() && !pipeline::start()) return;
  pipeline::with_agent([&] { note_received_fds(message); });
}

}  // namespace
}  // namespace seamtrace::agent::hooks

using namespace seamtrace::agent;
using namespace seamtrace::agent::hooks;

SEAMTRACE_HOOK ssize_t read(int fd, void* buffer, size_t size) {
  const iovec piece{buffer, size};
  return traced_read(fd, &piece, 1, 0, CallOf::kAnyFd, [&] {
    auto* next = next_read.get();
    return next != nullptr ? next(fd, buffer, size) : system_read(fd, buffer, size);
  });
}

SEAMTRACE_HOOK ssize_t __read_chk(int fd, void* buffer, size_t size, size_t room) {
  const iovec piece{buffer, size};
  return traced_read(fd, &piece, 1, 0, CallOf::kAnyFd, [&] {
    auto* next = next_read_chk.get();
    return next != nullptr ? next(fd, buffer, size, room) : system_read(fd, buffer, size);
  });
}

SEAMTRACE_HOOK ssize_t readv(int fd, const iovec* buffers, int count) {
  return traced_read(
      fd, buffers, count > 0 ? static_cast<size_t>(count) : 0, 0, CallOf::kAnyFd, [&]() -> ssize_t {
        auto* next = next_readv.get();
        return next != nullptr
                   ? next(fd, buffers, count)
                   : as_libc_result(raw_syscall(SYS_readv, fd, as_argument(buffers), count));
      });
}

SEAMTRACE_HOOK ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  const iovec piece{buffer, size};
  return traced_read(fd, &piece, 1, flags, CallOf::kSocket, [&] {
    auto* next = next_recv.get();
    return next != nullptr ? next(fd, buffer, size, flags)
                           : system_recvfrom(fd, buffer, size, flags, nullptr, nullptr);
  });
}

SEAMTRACE_HOOK ssize_t __recv_chk(int fd, void* buffer, size_t size, size_t room, int flags) {
  const iovec piece{buffer, size};
  return traced_read(fd, &piece, 1, flags, CallOf::kSocket, [&] {
    auto* next = next_recv_chk.get();
    return next != nullptr ? next(fd, buffer, size, room, flags)
                           : system_recvfrom(fd, buffer, size, flags, nullptr, nullptr);
  });
}

SEAMTRACE_HOOK ssize_t recvfrom(int fd, void* buffer, size_t size, int flags, sockaddr* address,
                                socklen_t* address_size) {
  const iovec piece{buffer, size};
  return traced_read(fd, &piece, 1, flags, CallOf::kSocket, [&] {
    auto* next = next_recvfrom.get();
    return next != nullptr ? next(fd, buffer, size, flags, address, address_size)
                           : system_recvfrom(fd, buffer, size, flags, address, address_size);
  });
}

SEAMTRACE_HOOK ssize_t __recvfrom_chk(int fd, void* buffer, size_t size, size_t room, int flags,
                                      sockaddr* address, socklen_t* address_size) {
  const iovec piece{buffer, size};
  return traced_read(fd, &piece, 1, flags, CallOf::kSocket, [&] {
    auto* next = next_recvfrom_chk.get();
    return next != nullptr ? next(fd, buffer, size, room, flags, address, address_size)
                           : system_recvfrom(fd, buffer, size, flags, address, address_size);
  });
}

SEAMTRACE_HOOK ssize_t recvmsg(int fd, msghdr* message, int flags) {
  const auto original = [&]() -> ssize_t {
    auto* next = next_recvmsg.get();
    return next != nullptr
               ? next(fd, message, flags)
               : as_libc_result(raw_syscall(SYS_recvmsg, fd, as_argument(message), flags));
  };
  // The pointer may be bad, and then the kernel says so: it is looked at for connections alone.
  const bool traced =
      message != nullptr && connections::is_connection(look_up(fd, CallOf::kSocket));
  const ssize_t received = traced ? traced_read(fd, message->msg_iov, message->msg_iovlen, flags,
                                                CallOf::kSocket, original)
                                  : original();
  if (received >= 0) after_message(message, received);
  return received;
}

SEAMTRACE_HOOK int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags,
                            timespec* timeout) {
  const connections::FdEntry entry = look_up(fd, CallOf::kSocket);
  auto* next = next_recvmmsg.get();
  const int received =
      next != nullptr
          ? next(fd, messages, count, flags, timeout)
          : static_cast<int>(as_libc_result(raw_syscall(SYS_recvmmsg, fd, as_argument(messages),
                                                        count, flags, as_argument(timeout))));
  for (int i = 0; i < received; ++i) {
    const msghdr& message = messages[i].msg_hdr;
    if (connections::is_connection(entry))
      pipeline::after_read(fd, entry, message.msg_iov, message.msg_iovlen, flags,
                           messages[i].msg_len);
    after_message(&message, messages[i].msg_len);
  }
  return received;
}
