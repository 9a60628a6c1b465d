#include "agent/connections/lifecycle.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "agent/connections/database_stream.h"
#include "agent/connections/follow.h"
#include "agent/connections/transfer.h"
#include "agent/context/context.h"
#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/platform.h"
#include "agent/runtime/process_state.h"

namespace seamtrace::agent::connections {

namespace {

wire::Endpoint endpoint_of(const sockaddr* address, socklen_t size) {
  wire::Endpoint endpoint{};
  if (address == nullptr || size < sizeof(sa_family_t)) return endpoint;
  if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in in;
    memcpy(&in, address, sizeof in);
    endpoint.family = AF_INET;
    endpoint.port = ntohs(in.sin_port);
    memcpy(endpoint.address, &in.sin_addr, 4);
  } else if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in6;
    memcpy(&in6, address, sizeof in6);
    endpoint.family = AF_INET6;
    endpoint.port = ntohs(in6.sin6_port);
    memcpy(endpoint.address, &in6.sin6_addr, 16);
  } else if (address->sa_family == AF_UNIX) {
    endpoint.family = AF_UNIX;
  }
  return endpoint;
}

/// Keeps the path of a Unix socket; one without a name has none.
void note_unix_path(Connection& connection, const sockaddr* address, socklen_t size) {
  constexpr socklen_t kPathOffset = offsetof(sockaddr_un, sun_path);
  if (address == nullptr || size <= kPathOffset || address->sa_family != AF_UNIX) return;
  const char* path = reinterpret_cast<const char*>(address) + kPathOffset;
  const bool is_abstract = path[0] == '\0';
  size_t length = size - kPathOffset;
  if (!is_abstract) length = strnlen(path, length);
  if (length > Connection::kUnixPathCapacity) length = Connection::kUnixPathCapacity;
  memcpy(connection.unix_path, path, length);
  if (is_abstract) connection.unix_path[0] = '@';
  connection.unix_path_size = static_cast<uint8_t>(length);
}

long socket_option(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  const long result = optional_syscall(SYS_getsockopt, fd, SOL_SOCKET, option, as_argument(&value),
                                       as_argument(&size));
  return result < 0 ? result : value;
}

wire::Endpoint ask_peer(int fd) {
  sockaddr_storage address;
  socklen_t size = sizeof address;
  if (optional_syscall(SYS_getpeername, fd, as_argument(&address), as_argument(&size)) != 0)
    return {};
  return endpoint_of(reinterpret_cast<const sockaddr*>(&address), size);
}

void forget(FdEntry old) {
  if (is_connection(old)) release(*connection_in(old));
}

Connection* install(int fd, wire::Role role, bool role_certain) {
  Connection* connection = create(role, role_certain);
  if (connection == nullptr) {
    forget(replace_entry(fd, kNotTraced));
    return nullptr;
  }
  const FdEntry entry = entry_for(*connection);
  forget(replace_entry(fd, entry));
  if (has_entry(fd)) return connection;
  release(*connection);
  return nullptr;
}

bool is_traceable_family(int domain) {
  return domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX;
}

}  // namespace

void socket_created(int fd, int domain, int type) {
  constexpr int kTypeMask = 0xf;
  const bool stream = (type & kTypeMask) == SOCK_STREAM && is_traceable_family(domain);
  forget(replace_entry(fd, stream ? kStreamSocket : kNotTraced));
}

void listening(int fd) { forget(replace_entry(fd, kListening)); }

void accepted(int fd, const sockaddr* address, socklen_t size) {
  Connection* connection = install(fd, wire::Role::kServer, true);
  if (connection == nullptr) return;
  connection->peer = address != nullptr && size != 0 ? endpoint_of(address, size) : ask_peer(fd);
}

void connecting(int fd, const sockaddr* address, socklen_t size) {
  const FdEntry entry = entry_of(fd);
  if (address != nullptr && address->sa_family == AF_UNSPEC) {  // dissolves the association
    forget(replace_entry(fd, kStreamSocket));
    return;
  }
  if (is_connection(entry)) return;  // asked again about a connect under way
  if (entry != kStreamSocket && socket_option(fd, SO_TYPE) != SOCK_STREAM) {
    replace_entry(fd, kNotTraced);
    return;
  }
  Connection* connection = install(fd, wire::Role::kClient, true);
  if (connection == nullptr) return;
  connection->peer = endpoint_of(address, size);
  note_unix_path(*connection, address, size);
  connection->opener = context::opener();
  connection->connect_start_ns = monotonic_ns();
}

void connect_failed(int fd, int error) {
  if (error == EINPROGRESS || error == EALREADY || error == EINTR || error == EISCONN || error == 0)
    return;
  const FdEntry entry = entry_of(fd);
  if (!is_connection(entry) || connection_in(entry)->role != wire::Role::kClient ||
      connection_in(entry)->recognised)
    return;
  follow(fd, entry, [&](Connection& connection, Moment& moment) {
    if (!connection.examined && is_fatal(error)) note_connect_failed(connection, error, moment);
    return Fed::kAll;
  });
  forget(replace_entry(fd, kStreamSocket));
}

void closing(int fd) { forget(replace_entry(fd, kNotTraced)); }

void closing_range(uint32_t first, uint32_t last) {
  const uint32_t end = fds_used();
  for (uint32_t fd = first; fd < end && fd <= last; ++fd) closing(static_cast<int>(fd));
}

void duplicated(int original, int copy) {
  if (original == copy) return;
  FdEntry entry = entry_of(original);
  if (is_connection(entry)) {
    // Another thread may be giving the connection up.
    Connection& connection = *connection_in(entry);
    const bool held = hold(connection);
    if (!held || !is_current(entry)) entry = kNotTraced;
    if (held && entry == kNotTraced) release(connection);
  }
  forget(replace_entry(copy, entry));
}

FdEntry examine(int fd) {
  if (fd < 0) return kNotTraced;
  FdEntry entry = kNotTraced;
  if (socket_option(fd, SO_TYPE) == SOCK_STREAM &&
      is_traceable_family(static_cast<int>(socket_option(fd, SO_DOMAIN)))) {
    if (socket_option(fd, SO_ACCEPTCONN) == 1) {
      entry = kListening;
    } else {
      const wire::Endpoint peer = ask_peer(fd);
      if (peer.family == 0) {
        entry = kStreamSocket;
      } else if (Connection* connection = install(fd, wire::Role::kServer, false)) {
        connection->peer = peer;
        return entry_of(fd);
      }
    }
  }
  forget(replace_entry(fd, entry));
  return entry;
}

void received_fd(int fd) { examine(fd); }

void after_fork() {
  unlock_table_after_fork();
  unlock_pools_after_fork();
  const uint32_t end = fds_used();
  for (uint32_t fd = 0; fd < end; ++fd) {
    const FdEntry entry = entry_of(static_cast<int>(fd));
    if (!is_connection(entry)) continue;
    if (!survive_fork(*connection_in(entry))) {
      ring_writer::count(wire::Counter::bypass_inherited);
      replace_entry(static_cast<int>(fd), kNotTraced);
    }
  }
}

LoopRole loop_role(int fd) {
  const FdEntry entry = entry_of(fd);
  if (entry == kListening) return LoopRole::kListener;
  const bool server = is_connection(entry) && connection_in(entry)->role == wire::Role::kServer;
  return server ? LoopRole::kServerConnection : LoopRole::kOther;
}

}  // namespace seamtrace::agent::connections
