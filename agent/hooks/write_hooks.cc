// Every way in which a program writes to a socket.
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agent/hooks/io_hooks.h"

namespace seamtrace::agent::hooks {
namespace {

NextFunction<ssize_t(int, const void*, size_t)> next_write("write");
NextFunction<ssize_t(int, const iovec*, int)> next_writev("writev");
NextFunction<ssize_t(int, const void*, size_t, int)> next_send("send");
NextFunction<ssize_t(int, const void*, size_t, int, const sockaddr*, socklen_t)> next_sendto(
    "sendto");
NextFunction<ssize_t(int, const msghdr*, int)> next_sendmsg("sendmsg");
NextFunction<int(int, mmsghdr*, unsigned, int)> next_sendmmsg("sendmmsg");
NextFunction<ssize_t(int, int, off_t*, size_t)> next_sendfile("sendfile");
NextFunction<ssize_t(int, int, off64_t*, size_t)> next_sendfile64("sendfile64");
NextFunction<ssize_t(int, off64_t*, int, off64_t*, size_t, unsigned)> next_splice("splice");

__attribute__((constructor)) void resolve_early() {
  next_write.resolve();
  next_writev.resolve();
  next_send.resolve();
  next_sendto.resolve();
  next_sendmsg.resolve();
  next_sendmmsg.resolve();
  next_sendfile.resolve();
  next_sendfile64.resolve();
  next_splice.resolve();
}

ssize_t system_sendto(int fd, const void* buffer, size_t size, int flags, const sockaddr* address,
                      socklen_t address_size) {
  return as_libc_result(raw_syscall(SYS_sendto, fd, as_argument(buffer), static_cast<long>(size),
                                    flags, as_argument(address), address_size));
}

size_t bytes_of(const msghdr& message) {
  size_t bytes = 0;
  for (size_t i = 0; i < message.msg_iovlen; ++i) bytes += message.msg_iov[i].iov_len;
  return bytes;
}

/// Bytes that go out unseen must not overtake text of ours that waits: that goes first.
template <typename Original>
ssize_t opaque_write(int fd, Original original) {
  const connections::FdEntry entry = look_up(fd, CallOf::kAnyFd);
  if (!connections::is_connection(entry)) return original();
  if (!pipeline::flush_before_opaque(fd, entry)) return -1;
  const ssize_t result = original();
  pipeline::after_opaque_write(fd, entry, result);
  return result;
}

}  // namespace
}  // namespace seamtrace::agent::hooks

using namespace seamtrace::agent;
using namespace seamtrace::agent::hooks;

SEAMTRACE_HOOK ssize_t write(int fd, const void* buffer, size_t size) {
  const iovec piece{const_cast<void*>(buffer), size};
  return traced_write(fd, &piece, 1, 0, nullptr, CallOf::kAnyFd, [&]() -> ssize_t {
    auto* next = next_write.get();
    return next != nullptr ? next(fd, buffer, size)
                           : as_libc_result(raw_syscall(SYS_write, fd, as_argument(buffer),
                                                        static_cast<long>(size)));
  });
}

SEAMTRACE_HOOK ssize_t writev(int fd, const iovec* buffers, int count) {
  return traced_write(fd, buffers, count > 0 ? static_cast<size_t>(count) : 0, 0, nullptr,
                      CallOf::kAnyFd, [&]() -> ssize_t {
                        auto* next = next_writev.get();
                        return next != nullptr ? next(fd, buffers, count)
                                               : as_libc_result(raw_syscall(
                                                     SYS_writev, fd, as_argument(buffers), count));
                      });
}

SEAMTRACE_HOOK ssize_t send(int fd, const void* buffer, size_t size, int flags) {
  const iovec piece{const_cast<void*>(buffer), size};
  return traced_write(fd, &piece, 1, flags, nullptr, CallOf::kSocket, [&] {
    auto* next = next_send.get();
    return next != nullptr ? next(fd, buffer, size, flags)
                           : system_sendto(fd, buffer, size, flags, nullptr, 0);
  });
}

SEAMTRACE_HOOK ssize_t sendto(int fd, const void* buffer, size_t size, int flags,
                              const sockaddr* address, socklen_t address_size) {
  const iovec piece{const_cast<void*>(buffer), size};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(address);
  message.msg_namelen = address_size;
  return traced_write(fd, &piece, 1, flags, &message, CallOf::kSocket, [&] {
    auto* next = next_sendto.get();
    return next != nullptr ? next(fd, buffer, size, flags, address, address_size)
                           : system_sendto(fd, buffer, size, flags, address, address_size);
  });
}

SEAMTRACE_HOOK ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  const auto original = [&]() -> ssize_t {
    auto* next = next_sendmsg.get();
    return next != nullptr
               ? next(fd, message, flags)
               : as_libc_result(raw_syscall(SYS_sendmsg, fd, as_argument(message), flags));
  };
  // The pointer may be bad, and then the kernel says so: it is looked at for connections alone.
  if (message == nullptr || !connections::is_connection(look_up(fd, CallOf::kSocket)))
    return original();
  return traced_write(fd, message->msg_iov, message->msg_iovlen, flags, message, CallOf::kSocket,
                      original);
}

SEAMTRACE_HOOK int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  const connections::FdEntry entry = look_up(fd, CallOf::kSocket);
  if (!connections::is_connection(entry)) {
    auto* next = next_sendmmsg.get();
    return next != nullptr ? next(fd, messages, count, flags)
                           : static_cast<int>(as_libc_result(raw_syscall(
                                 SYS_sendmmsg, fd, as_argument(messages), count, flags)));
  }
  // One by one, as the kernel does it: the first failure ends the call.
  const int errno_before = errno;
  if (count > kMostBuffers) count = kMostBuffers;  // so does the kernel
  for (unsigned i = 0; i < count; ++i) {
    const ssize_t sent = sendmsg(fd, &messages[i].msg_hdr, flags);
    if (sent < 0) {
      if (i == 0) return -1;
      errno = errno_before;
      return static_cast<int>(i);
    }
    messages[i].msg_len = static_cast<unsigned>(sent);
    if (static_cast<size_t>(sent) < bytes_of(messages[i].msg_hdr)) return static_cast<int>(i + 1);
  }
  return static_cast<int>(count);
}

SEAMTRACE_HOOK ssize_t sendfile(int out, int in, off_t* offset, size_t size) {
  return opaque_write(out, [&]() -> ssize_t {
    auto* next = next_sendfile.get();
    return next != nullptr ? next(out, in, offset, size)
                           : as_libc_result(raw_syscall(SYS_sendfile, out, in, as_argument(offset),
                                                        static_cast<long>(size)));
  });
}

SEAMTRACE_HOOK ssize_t sendfile64(int out, int in, off64_t* offset, size_t size) {
  return opaque_write(out, [&]() -> ssize_t {
    auto* next = next_sendfile64.get();
    return next != nullptr ? next(out, in, offset, size)
                           : as_libc_result(raw_syscall(SYS_sendfile, out, in, as_argument(offset),
                                                        static_cast<long>(size)));
  });
}

SEAMTRACE_HOOK ssize_t splice(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t size,
                              unsigned flags) {
  const connections::FdEntry in_entry = look_up(in, CallOf::kAnyFd);
  const ssize_t result = opaque_write(out, [&]() -> ssize_t {
    auto* next = next_splice.get();
    return next != nullptr
               ? next(in, in_offset, out, out_offset, size, flags)
               : as_libc_result(raw_syscall(SYS_splice, in, as_argument(in_offset), out,
                                            as_argument(out_offset), static_cast<long>(size),
                                            static_cast<long>(flags)));
  });
  if (connections::is_connection(in_entry)) pipeline::after_opaque_read(in, in_entry, result);
  return result;
}
