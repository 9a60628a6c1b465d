#include "agent/connections/database_stream.h"

#include <string.h>

#include "agent/connections/follow.h"
#include "agent/connections/session_operations.h"
#include "agent/ring_writer/segment_writer.h"
#include "agent/ring_writer/targets.h"
#include "agent/runtime/pool.h"
#include "agent/runtime/process_state.h"

namespace seamtrace::agent::connections {

namespace {

using codecs::Taken;
using ring_writer::add;
using ring_writer::count;
using wire::Counter;

constexpr uint32_t kSessionCapacity = 16 * 1024;
Pool<DatabaseSession, kSessionCapacity> pool;

/// A connection is in use while it has an unanswered request or is within a transaction.
void update_use(Connection& connection, bool used, Moment& moment) {
  DatabaseSession& session = *connection.database;
  if (used == session.in_use || !session.ready || (used && session.closed)) return;
  wire::TargetStatistics* target = target_of(connection);
  if (target == nullptr) return;
  session.in_use = used;
  if (used) {
    session.use_start_ns = moment.ns();
    add(target->in_use);
  } else {
    add(target->in_use, ~uint64_t{0});
    ring_writer::add_time(target->use_nanoseconds, target->use_times,
                          moment.ns() - session.use_start_ns);
  }
}

Fed settle(Connection& connection, Taken taken, Moment& moment) {
  DatabaseSession& session = *connection.database;
  update_use(connection, connection.in_flight != 0 || session.in_transaction, moment);
  if (taken == Taken::kAll) return Fed::kAll;
  if (taken == Taken::kNotMine) return Fed::kNotFollowed;
  count(taken == Taken::kEncrypted ? Counter::bypass_encrypted : Counter::bypass_compressed);
  stop_following(connection, moment);
  return Fed::kAll;
}

/// Compares what is sent now with what was shown to the codec before. False: something else.
bool is_what_was_ahead(const DatabaseSession& session, const iovec* buffers, size_t count) {
  size_t compared = 0;
  for (size_t i = 0; i < count && compared < session.ahead_known; ++i) {
    const size_t left = session.ahead_known - compared;
    const size_t size = buffers[i].iov_len < left ? buffers[i].iov_len : left;
    if (size != 0 && memcmp(buffers[i].iov_base, session.ahead_bytes + compared, size) != 0)
      return false;
    compared += size;
  }
  return true;
}

/// The data store whose port this is; 0: none. Of MySQL and MariaDB, which share theirs, the first.
uint8_t protocol_of_port(uint16_t port) {
  for (uint8_t protocol = 1; port != 0 && protocol <= wire::kLastProtocol; ++protocol)
    if (wire::default_port(static_cast<wire::Protocol>(protocol)) == port) return protocol;
  return 0;
}

}  // namespace

bool open_session_pools() { return pool.open() && open_prepared_texts(); }

void unlock_session_pools_after_fork() {
  pool.unlock_after_fork();
  unlock_prepared_texts_after_fork();
}

bool become_database(Connection& connection, const char* bytes, size_t size, bool from_client) {
  // A connection that was there before us may be in the middle of anything.
  if (!connection.role_certain || size == 0) return false;
  const uint8_t protocol = from_client ? codecs::DatabaseCodec::of_client(bytes, size)
                                       : codecs::DatabaseCodec::of_server(bytes, size);
  if (protocol == 0 || !settings.traced[protocol]) return false;
  DatabaseSession* session = pool.take();
  if (session == nullptr) {
    count(Counter::bypass_no_connection);
    return false;
  }
  session->forget();
  session->protocol = static_cast<wire::Protocol>(protocol);
  session->codec.begin(session->protocol);
  connection.database = session;
  return true;
}

void drop_session(Connection& connection) {
  connection.database->texts.clear();
  pool.give_back(connection.database);
  connection.database = nullptr;
}

Fed feed_operations(Connection& connection, const char* bytes, size_t size, Moment& moment) {
  SessionOperations operations(connection, moment);
  return settle(connection, connection.database->codec.request(bytes, size, operations), moment);
}

Fed feed_answers(Connection& connection, const char* bytes, size_t size, Moment& moment) {
  SessionOperations operations(connection, moment);
  return settle(connection, connection.database->codec.response(bytes, size, operations), moment);
}

Fed feed_write(Connection& connection, const iovec* buffers, size_t buffer_count, size_t total,
               Moment& moment) {
  DatabaseSession& session = *connection.database;
  if (session.ahead != 0 && !is_what_was_ahead(session, buffers, buffer_count)) {
    count(Counter::bypass_stream_changed);
    stop_following(connection, moment);
    return Fed::kAll;
  }
  size_t skip = session.ahead < total ? session.ahead : total;
  for (size_t i = 0; i < buffer_count; ++i) {
    const size_t skipped = skip < buffers[i].iov_len ? skip : buffers[i].iov_len;
    skip -= skipped;
    const size_t size = buffers[i].iov_len - skipped;
    if (size == 0) continue;
    const Fed fed = feed_operations(
        connection, static_cast<const char*>(buffers[i].iov_base) + skipped, size, moment);
    if (fed != Fed::kAll || connection.given_up) return fed;
  }
  return Fed::kAll;
}

void note_taken(Connection& connection, const iovec* buffers, size_t buffer_count, size_t total,
                size_t taken) {
  DatabaseSession& session = *connection.database;
  const size_t seen = session.ahead > total ? session.ahead : total;
  session.ahead = seen - taken;
  session.ahead_known = 0;
  size_t offset = 0;
  for (size_t i = 0; i < buffer_count && session.ahead_known < DatabaseSession::kAheadCapacity;
       ++i) {
    const size_t end = offset + buffers[i].iov_len;
    if (end > taken) {
      const size_t from = offset > taken ? 0 : taken - offset;
      const size_t room = DatabaseSession::kAheadCapacity - session.ahead_known;
      const size_t left = buffers[i].iov_len - from;
      const size_t size = left < room ? left : room;
      memcpy(session.ahead_bytes + session.ahead_known,
             static_cast<const char*>(buffers[i].iov_base) + from, size);
      session.ahead_known = static_cast<uint8_t>(session.ahead_known + size);
    }
    offset = end;
  }
}

void note_operation_ended(Connection& connection, const Exchange& exchange) {
  const codecs::Operation& operation = exchange.operation;
  if (operation.failed) count(Counter::database_errors);
  if (operation.facts.hits != 0) count(Counter::cache_hits, operation.facts.hits);
  if (operation.facts.misses != 0) count(Counter::cache_misses, operation.facts.misses);
  wire::TargetStatistics* target = target_of(connection);
  if (target == nullptr || (operation.facts.flags & wire::kFlagConnecting) != 0) return;
  add(target->operations);
  if (operation.failed) add(target->errors);
  if (operation.facts.hits != 0) add(target->hits, operation.facts.hits);
  if (operation.facts.misses != 0) add(target->misses, operation.facts.misses);
}

void note_session_ended(Connection& connection, Moment& moment) {
  DatabaseSession& session = *connection.database;
  if (session.closed) return;
  session.closed = true;
  session.in_transaction = false;
  update_use(connection, false, moment);
  wire::TargetStatistics* target = session.target;
  if (session.ready && target != nullptr) add(target->closed);
}

void note_connect_failed(Connection& connection, int error, Moment& moment) {
  uint8_t protocol = 0;
  if (connection.database != nullptr) {
    DatabaseSession& session = *connection.database;
    // A server that goes away in the middle of the start-up; but not a client that thinks better
    // of it, and not one that was told why.
    if (!session.opening || session.ready || session.rejected || session.closed) return;
    session.rejected = true;
    protocol = static_cast<uint8_t>(session.protocol);
  } else if (const wire::TargetStatistics* known = ring_writer::known_target(connection.peer)) {
    protocol = known->protocol;
  } else {
    protocol = protocol_of_port(connection.peer.port);
  }
  if (protocol == 0 || !settings.traced[protocol]) return;
  count(Counter::connects_failed);
  if (wire::TargetStatistics* target =
          ring_writer::target_for(static_cast<wire::Protocol>(protocol), connection.peer))
    add(target->failed);
  connection.last_error = error;
  record_failed_opening(connection, static_cast<wire::Protocol>(protocol), nullptr, 0, moment);
}

}  // namespace seamtrace::agent::connections
