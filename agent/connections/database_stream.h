// DatabaseStream: drives the codec of a connection to a data store and keeps its operations.
// Path:    connections -> [database_stream] -> codecs/<protocol>, context, spans
// Threads: the caller holds the connection's lock.
// Failure: what cannot be followed is given up; nothing is ever written or changed.
#pragma once

#include <string.h>
#include <sys/uio.h>

#include <cstddef>

#include "agent/codecs/database_codec.h"
#include "agent/connections/connection.h"
#include "agent/connections/http1_stream.h"
#include "agent/connections/moment.h"
#include "agent/connections/prepared_texts.h"

namespace seamtrace::agent {

/// What a connection to a data store has beside an HTTP connection's state. Zero is the valid
/// initial state of all but the codec.
struct DatabaseSession {
  static constexpr uint32_t kNameCapacity = 64;
  /// So many bytes of a write that the kernel did not take are compared with what comes instead.
  static constexpr uint32_t kAheadCapacity = 32;

  std::atomic<uint32_t> pool_next;
  wire::Protocol protocol;
  bool opening;  ///< a start-up was seen: an end before ready() is a failure
  bool ready;
  bool rejected;
  bool in_transaction;
  bool in_use;
  bool closed;  ///< counted as closed, or never to be counted
  uint8_t name_space_size;
  uint8_t user_size;
  uint8_t ahead_known;
  char name_space[kNameCapacity];
  char user[kNameCapacity];
  /// Bytes that were shown to the codec before a write and then not taken by the kernel: the
  /// program will send them again.
  size_t ahead;
  char ahead_bytes[kAheadCapacity];
  uint64_t use_start_ns;
  wire::TargetStatistics* target;
  connections::PreparedTexts texts;
  codecs::DatabaseCodec codec;

  /// As new, but for the codec.
  void forget() {
    auto* begin = reinterpret_cast<char*>(&protocol);
    memset(begin, 0, static_cast<size_t>(reinterpret_cast<char*>(&codec) - begin));
  }
};

namespace connections {

/// Maps the pools.
bool open_session_pools();
/// Only in a forked child.
void unlock_session_pools_after_fork();

/// The first bytes of a connection: true when they are a data store's; the connection has a
/// session then.
bool become_database(Connection& connection, const char* bytes, size_t size, bool from_client);
/// Gives the session back.
void drop_session(Connection& connection);

/// Bytes of the client: read by a server, or about to be sent by a client.
Fed feed_operations(Connection& connection, const char* bytes, size_t size, Moment& moment);
/// Bytes of the server.
Fed feed_answers(Connection& connection, const char* bytes, size_t size, Moment& moment);

/// A client's write, before the system call: feeds what has not been seen of it.
Fed feed_write(Connection& connection, const iovec* buffers, size_t count, size_t total,
               Moment& moment);
/// The kernel took `taken` of the `total` bytes of that write.
void note_taken(Connection& connection, const iovec* buffers, size_t count, size_t total,
                size_t taken);

/// An operation of the connection is over, however it ended: counted for its target.
void note_operation_ended(Connection& connection, const Exchange& exchange);
/// The connection is over: closed, failed, or no longer followed.
void note_session_ended(Connection& connection, Moment& moment);
/// connect() to this peer has failed. Data stores alone are told of: by an address that is known
/// as one, or a port that belongs to one.
void note_connect_failed(Connection& connection, int error, Moment& moment);

}  // namespace connections
}  // namespace seamtrace::agent
