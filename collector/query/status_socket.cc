#include "collector/query/status_socket.h"

#include <cstdio>

namespace seamtrace::collector {

sockaddr_un status_address(int directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory,
                kStatusSocketName);
  return address;
}

bool peer_may_ask(int socket, uid_t uid) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == uid || peer.uid == 0);
}

}  // namespace seamtrace::collector
