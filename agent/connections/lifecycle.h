// Lifecycle: sockets come, go and are shared.
// Path:    hooks -> [connections]
// Threads: any. Every function is called inside an Entry, with the agent on.
#pragma once

#include <sys/socket.h>

#include <cstdint>

#include "agent/connections/fd_table.h"

namespace seamtrace::agent::connections {

/// socket() gave a new fd.
void socket_created(int fd, int domain, int type);
void listening(int fd);
/// accept() gave a new fd; `address` is the peer's, or null.
void accepted(int fd, const sockaddr* address, socklen_t size);
/// connect() is about to be called.
void connecting(int fd, const sockaddr* address, socklen_t size);
/// It has failed with `error`.
void connect_failed(int fd, int error);
/// About to be closed: whatever has this number afterwards is another thing.
void closing(int fd);
void closing_range(uint32_t first, uint32_t last);
/// `copy` means the same socket as `original` from now on.
void duplicated(int original, int copy);
/// An fd of unknown origin: asks the kernel once. Its entry afterwards.
FdEntry examine(int fd);
/// An fd came over a Unix socket.
void received_fd(int fd);

/// Only in a forked child: keeps what has not been used yet.
void after_fork();

/// What an fd says about a thread that polls it together with others.
enum class LoopRole { kOther, kServerConnection, kListener };
LoopRole loop_role(int fd);

}  // namespace seamtrace::agent::connections
