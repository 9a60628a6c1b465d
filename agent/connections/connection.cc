#include "agent/connections/connection.h"

#include "agent/connections/database_stream.h"
#include "agent/connections/http1_stream.h"
#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/pool.h"
#include "agent/runtime/process_state.h"

namespace seamtrace::agent::connections {

namespace {

constexpr uint32_t kConnectionCapacity = 32 * 1024;
constexpr uint32_t kTextBlockCapacity = 1024;

Pool<Connection, kConnectionCapacity> pool;
Pool<TextBlock, kTextBlockCapacity> text_blocks;

void drop_text(Connection& connection) {
  for (Direction* direction : {&connection.request, &connection.response}) {
    if (direction->carry_block != nullptr) give_back(direction->carry_block);
    direction->carry_block = nullptr;
    direction->carry = {};
  }
  if (connection.checkpoint.carry_copy != nullptr) give_back(connection.checkpoint.carry_copy);
  connection.checkpoint.carry_copy = nullptr;
  clear_text(connection.leftover);
}

}  // namespace

bool open_pools() { return pool.open() && text_blocks.open() && open_session_pools(); }

Connection* create(wire::Role role, bool role_certain) {
  Connection* connection = pool.take();
  if (connection == nullptr) {
    ring_writer::count(wire::Counter::bypass_no_connection);
    return nullptr;
  }
  using codecs::Http1Codec;
  connection->references.store(1, std::memory_order_relaxed);
  connection->role = role;
  connection->role_certain = role_certain;
  connection->examined = false;
  connection->recognised = false;
  connection->given_up = false;
  connection->reused = false;
  connection->unseen.store(false, std::memory_order_relaxed);
  connection->last_error = 0;
  connection->id = process_state.next_connection_id.fetch_add(1, std::memory_order_relaxed) + 1;
  connection->connect_start_ns = 0;
  connection->database = nullptr;
  connection->unix_path_size = 0;
  connection->peer = {};
  connection->request.codec = Http1Codec(Http1Codec::Direction::kRequest);
  connection->response.codec = Http1Codec(Http1Codec::Direction::kResponse);
  connection->request.carry = {};
  connection->response.carry = {};
  connection->request.carry_block = nullptr;
  connection->response.carry_block = nullptr;
  connection->oldest = nullptr;
  connection->newest = nullptr;
  connection->receiving = nullptr;
  connection->in_flight = 0;
  connection->message_start_ns = 0;
  connection->opener = {};
  connection->context_headers.clear();
  connection->resumed = nullptr;
  connection->checkpoint.carry_copy = nullptr;
  connection->writer.store(nullptr, std::memory_order_relaxed);
  connection->leftover.size = 0;
  connection->leftover.sent = 0;
  connection->leftover.replaces = 0;
  connection->leftover.block = nullptr;
  return connection;
}

bool hold(Connection& connection) {
  uint32_t references = connection.references.load(std::memory_order_relaxed);
  while (references != 0)
    if (connection.references.compare_exchange_weak(references, references + 1,
                                                    std::memory_order_acquire))
      return true;
  return false;
}

void release(Connection& connection) {
  if (connection.references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  // A lock that cannot be had is held by a thread that was stopped or is gone: the object is
  // abandoned rather than shared.
  if (!connection.lock.try_acquire()) return;
  Moment moment;
  end_exchanges(connection, moment, wire::Outcome::kNoResponse);
  drop_text(connection);
  if (connection.database != nullptr) {
    note_session_ended(connection, moment);
    drop_session(connection);
  }
  connection.generation.fetch_add(1, std::memory_order_release);
  connection.lock.release();
  pool.give_back(&connection);
}

void unlock_pools_after_fork() {
  pool.unlock_after_fork();
  text_blocks.unlock_after_fork();
  unlock_session_pools_after_fork();
}

bool survive_fork(Connection& connection) {
  connection.lock.reset();
  // A session stays the parent's: its target lies in the parent's segment.
  const bool untouched = !connection.recognised && connection.database == nullptr &&
                         connection.leftover.left() == 0 &&
                         connection.request.codec.between_messages();
  connection.oldest = nullptr;
  connection.newest = nullptr;
  connection.receiving = nullptr;
  connection.resumed = nullptr;
  connection.in_flight = 0;
  connection.opener = {};
  connection.writer.store(nullptr, std::memory_order_relaxed);
  if (!untouched) connection.given_up = true;
  return untouched;
}

TextBlock* take_text_block() { return text_blocks.take(); }
void give_back(TextBlock* block) { text_blocks.give_back(block); }

}  // namespace seamtrace::agent::connections
