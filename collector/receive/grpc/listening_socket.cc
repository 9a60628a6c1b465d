#include "collector/receive/grpc/listening_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace seamtrace::collector {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&storage); }
  sockaddr_in& ipv4() { return reinterpret_cast<sockaddr_in&>(storage); }
  sockaddr_in6& ipv6() { return reinterpret_cast<sockaddr_in6&>(storage); }

  uint16_t port() {
    return ntohs(storage.ss_family == AF_INET ? ipv4().sin_port : ipv6().sin6_port);
  }
};

bool parse(const ListenAddress& address, SocketAddress& out) {
  if (::inet_pton(AF_INET, address.address.c_str(), &out.ipv4().sin_addr) == 1) {
    out.ipv4().sin_family = AF_INET;
    out.ipv4().sin_port = htons(address.port);
    out.size = sizeof(sockaddr_in);
    return true;
  }
  if (::inet_pton(AF_INET6, address.address.c_str(), &out.ipv6().sin6_addr) != 1) return false;
  out.ipv6().sin6_family = AF_INET6;
  out.ipv6().sin6_port = htons(address.port);
  out.size = sizeof(sockaddr_in6);
  return true;
}

Error failed(const ListenAddress& address, int error) {
  if (error == EADDRINUSE)
    return {address.text() + " is taken by another program; stop it, or choose another port",
            ErrorCode::kBusy};
  return {"cannot listen on " + address.text() + ": " + std::strerror(error)};
}

}  // namespace

Result<ListeningSocket> ListeningSocket::open(const ListenAddress& address) {
  SocketAddress socket_address;
  if (!parse(address, socket_address))
    return Error{"'" + address.address + "' is no IPv4 or IPv6 address; try 127.0.0.1"};
  ListeningSocket result;
  result.fd = FileDescriptor(
      ::socket(socket_address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!result.fd || ::setsockopt(result.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      ::bind(result.fd.get(), socket_address.generic(), socket_address.size) != 0 ||
      ::listen(result.fd.get(), SOMAXCONN) != 0 ||
      ::getsockname(result.fd.get(), socket_address.generic(), &socket_address.size) != 0)
    return failed(address, errno);
  result.address = {address.address, socket_address.port()};
  return result;
}

}  // namespace seamtrace::collector
