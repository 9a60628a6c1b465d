#include "agent/connections/transfer.h"

#include <errno.h>
#include <string.h>

#include "agent/connections/database_stream.h"
#include "agent/connections/follow.h"
#include "agent/context/context.h"
#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/platform.h"
#include "agent/runtime/process_state.h"

namespace seamtrace::agent::connections {

namespace {

/// Feeds the first `size` bytes of the buffers to a direction.
template <typename Feed>
Fed feed_buffers(const iovec* buffers, size_t count, size_t size, Feed feed) {
  for (size_t i = 0; i < count && size != 0; ++i) {
    const size_t bytes = buffers[i].iov_len < size ? buffers[i].iov_len : size;
    if (bytes != 0) {
      const Fed fed = feed(static_cast<const char*>(buffers[i].iov_base), bytes);
      if (fed != Fed::kAll) return fed;
    }
    size -= bytes;
  }
  return Fed::kAll;
}

void note_request_read(const Connection& connection) {
  if (connection.in_flight > 1)
    context::several_requests_read();
  else if (connection.newest != nullptr)
    context::request_read(*connection.newest);
}

Fed read_by_server(Connection& connection, const iovec* buffers, size_t count, size_t size,
                   Moment& moment) {
  if (!examine_first(connection, buffers, count, size, true)) return Fed::kNotFollowed;
  if (connection.database != nullptr) {
    const Fed fed = feed_buffers(buffers, count, size, [&](const char* bytes, size_t n) {
      return feed_operations(connection, bytes, n, moment);
    });
    if (connection.in_flight != 0) note_request_read(connection);
    return fed;
  }
  const Fed fed = feed_buffers(buffers, count, size, [&](const char* bytes, size_t n) {
    return feed_request(connection, bytes, n, moment, nullptr, 0).fed;
  });
  note_request_read(connection);
  return fed;
}

Fed read_by_client(Connection& connection, const iovec* buffers, size_t count, size_t size,
                   Moment& moment) {
  // A server that speaks first is not one of HTTP.
  if (!examine_first(connection, buffers, count, size, false)) return Fed::kNotFollowed;
  if (connection.database == nullptr && !connection.recognised) return Fed::kNotFollowed;
  context::response_read(connection.oldest != nullptr ? connection.oldest->parent_reference
                                                      : ContextReference{});
  if (connection.database != nullptr)
    return feed_buffers(buffers, count, size, [&](const char* bytes, size_t n) {
      return feed_answers(connection, bytes, n, moment);
    });
  return feed_buffers(buffers, count, size, [&](const char* bytes, size_t n) {
    return feed_response(connection, bytes, n, moment);
  });
}

bool may_be_followed(Connection& connection, const char* bytes, size_t size, bool from_client) {
  return become_database(connection, bytes, size, from_client) ||
         settings.traces(wire::Protocol::kHttp1);
}

}  // namespace

bool examine_first(Connection& connection, const iovec* buffers, size_t count, size_t size,
                   bool from_client) {
  if (connection.examined || size == 0) return true;
  // A line may come in pieces (`get `, the key, the line's end): as much as settles it.
  constexpr size_t kMostToSee = 256;
  char gathered[kMostToSee];
  size_t seen = 0;
  for (size_t i = 0; i < count && seen < kMostToSee && seen < size; ++i) {
    size_t piece = buffers[i].iov_len;
    if (piece > kMostToSee - seen) piece = kMostToSee - seen;
    if (piece > size - seen) piece = size - seen;
    if (piece == size) {
      connection.examined = true;
      return may_be_followed(connection, static_cast<const char*>(buffers[i].iov_base), piece,
                             from_client);
    }
    if (piece != 0) memcpy(gathered + seen, buffers[i].iov_base, piece);
    seen += piece;
  }
  if (seen == 0) return true;
  connection.examined = true;
  return may_be_followed(connection, gathered, seen, from_client);
}

bool is_fatal(int error) {
  switch (error) {
    case EAGAIN:
    case EINTR:
    case EINPROGRESS:
    case EALREADY:
    case ENOBUFS:
    case ENOMEM:
    case EFAULT:
    case EINVAL:
    case EBADF:
      return false;
    default:
      return true;
  }
}

void received(int fd, FdEntry entry, const iovec* buffers, size_t buffer_count, ssize_t result,
              bool wanted_any) {
  const int error = errno;
  follow(fd, entry, [&](Connection& connection, Moment& moment) {
    if (result < 0) {
      if (!is_fatal(error)) return Fed::kAll;
      connection.last_error = error;
      connection_failed(connection, error, moment);
      return Fed::kAll;
    }
    if (result == 0) {
      if (wanted_any) stream_ended(connection, moment);
      return Fed::kAll;
    }
    const auto size = static_cast<size_t>(result);
    return connection.role == wire::Role::kServer
               ? read_by_server(connection, buffers, buffer_count, size, moment)
               : read_by_client(connection, buffers, buffer_count, size, moment);
  });
}

void received_opaque(int fd, FdEntry entry, ssize_t result) {
  if (result <= 0) return;
  follow(fd, entry, [&](Connection& connection, Moment& moment) {
    return skip_opaque(connection, connection.role == wire::Role::kServer,
                       static_cast<uint64_t>(result), moment);
  });
}

void sent_opaque(int fd, FdEntry entry, ssize_t result) {
  if (result <= 0) return;
  follow(fd, entry, [&](Connection& connection, Moment& moment) {
    return skip_opaque(connection, connection.role == wire::Role::kClient,
                       static_cast<uint64_t>(result), moment);
  });
}

void sent_by_server(int fd, FdEntry entry, const iovec* buffers, size_t buffer_count,
                    ssize_t result, uint64_t begin_ns) {
  const int error = errno;
  follow(fd, entry, [&](Connection& connection, Moment& moment) {
    moment.set(begin_ns);
    if (result < 0) {
      if (is_fatal(error)) connection.last_error = error;
      return Fed::kAll;
    }
    // One that speaks first is not one of HTTP.
    if (!examine_first(connection, buffers, buffer_count, static_cast<size_t>(result), false))
      return Fed::kNotFollowed;
    if (connection.database != nullptr)
      return feed_buffers(
          buffers, buffer_count, static_cast<size_t>(result),
          [&](const char* bytes, size_t n) { return feed_answers(connection, bytes, n, moment); });
    if (!connection.recognised) return Fed::kNotFollowed;
    return feed_buffers(
        buffers, buffer_count, static_cast<size_t>(result),
        [&](const char* bytes, size_t n) { return feed_response(connection, bytes, n, moment); });
  });
}

void note_unseen(FdEntry entry) {
  if (is_connection(entry) && is_current(entry))
    connection_in(entry)->unseen.store(true, std::memory_order_relaxed);
}

void shut_down_writing(int fd, FdEntry entry) {
  follow(fd, entry, [&](Connection& connection, Moment& moment) {
    if (connection.role == wire::Role::kServer)
      end_exchanges(connection, moment, wire::Outcome::kNoResponse);
    return Fed::kAll;
  });
}

}  // namespace seamtrace::agent::connections
