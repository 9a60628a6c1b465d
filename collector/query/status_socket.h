// The address of the status socket: `collector.socket` in the user's directory.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

namespace seamtrace::collector {

inline constexpr char kStatusSocketName[] = "collector.socket";

/// By way of the open directory: SEAMTRACE_DIR may be longer than a socket address, and nobody
/// can exchange the directory under us.
sockaddr_un status_address(int directory);

/// True when the other end is `uid` or root.
bool peer_may_ask(int socket, uid_t uid);

}  // namespace seamtrace::collector
