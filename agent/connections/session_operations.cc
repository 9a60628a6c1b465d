#include "agent/connections/session_operations.h"

#include <string.h>

#include <string_view>

#include "agent/context/operation.h"
#include "agent/ring_writer/segment_writer.h"
#include "agent/ring_writer/targets.h"

namespace seamtrace::agent::connections {

namespace {

using codecs::Ending;
using codecs::Operation;
using ring_writer::count;
using wire::Counter;

Exchange* exchange_of(const Operation* operation) {
  return reinterpret_cast<Exchange*>(reinterpret_cast<uintptr_t>(operation) -
                                     offsetof(Exchange, operation));
}

uint8_t cut(size_t size) {
  return static_cast<uint8_t>(
      size < DatabaseSession::kNameCapacity ? size : DatabaseSession::kNameCapacity);
}

spans::Carriage carriage_of(const Connection& connection) {
  return {connection.id,
          connection.peer,
          connection.reused,
          {connection.unix_path, connection.unix_path_size}};
}

context::Sender sender_of(Connection& connection) {
  context::Sender sender;
  // In an event loop the first command may be a client library's own, or another request's that
  // took the connection from a pool: there the opener owns nothing.
  if (!connection.opener.by_event_loop) {
    sender.opener = connection.opener;
    sender.first_request = !connection.reused && connection.in_flight == 1;
  }
  connection.opener = {};
  return sender;
}

void recognise(Connection& connection) {
  if (connection.recognised) return;
  connection.recognised = true;
  count(Counter::connections);
}

/// No slice is longer than a record.
uint32_t bounded(size_t size) {
  return static_cast<uint32_t>(size < wire::kMaxRecordBytes ? size : wire::kMaxRecordBytes);
}

}  // namespace

wire::TargetStatistics* target_of(Connection& connection) {
  DatabaseSession& session = *connection.database;
  if (session.target == nullptr && connection.role == wire::Role::kClient)
    session.target = ring_writer::target_for(session.protocol, connection.peer);
  return session.target;
}

void record_failed_opening(Connection& connection, wire::Protocol protocol, const char* code,
                           size_t size, Moment& moment) {
  if (connection.role != wire::Role::kClient) return;
  connection.message_start_ns = connection.connect_start_ns;
  Exchange* exchange = begin_exchange(connection, protocol, moment);
  if (exchange == nullptr) return;
  const DatabaseSession* session = connection.database;
  std::string_view name_space;
  if (session != nullptr) name_space = {session->name_space, session->name_space_size};
  context::begin_client_operation(*exchange, sender_of(connection), carriage_of(connection),
                                  name_space);
  exchange->operation.facts.flags = wire::kFlagConnecting;
  exchange->operation.failed = true;
  if (session != nullptr && session->user_size != 0)
    spans::add_slice(*exchange, wire::SliceKind::kUser, session->user, session->user_size, false);
  if (size != 0)
    spans::add_slice(*exchange, wire::SliceKind::kErrorCode, code, static_cast<uint32_t>(size),
                     false);
  finish_exchange(connection, exchange,
                  size != 0 ? wire::Outcome::kComplete : wire::Outcome::kNoResponse, moment);
}

Operation* SessionOperations::begin() {
  Exchange* exchange = begin_exchange(connection_, session_.protocol, moment_);
  if (exchange == nullptr) return nullptr;
  recognise(connection_);
  const std::string_view name_space(session_.name_space, session_.name_space_size);
  if (connection_.role == wire::Role::kClient)
    context::begin_client_operation(*exchange, sender_of(connection_), carriage_of(connection_),
                                    name_space);
  else
    context::begin_server_operation(*exchange, carriage_of(connection_), name_space);
  if (session_.in_transaction) exchange->operation.facts.flags |= wire::kFlagInTransaction;
  return &exchange->operation;
}

void SessionOperations::add(wire::SliceKind kind, const char* bytes, size_t size) {
  if (connection_.newest != nullptr)
    spans::add_slice(*connection_.newest, kind, bytes, bounded(size), false);
}

void SessionOperations::append(const char* bytes, size_t size) {
  if (connection_.newest != nullptr)
    spans::append_to_slice(*connection_.newest, bytes, bounded(size));
}

void SessionOperations::mark_truncated() {
  if (connection_.newest != nullptr) spans::mark_truncated(*connection_.newest);
}

void SessionOperations::withdraw_newest() {
  if (connection_.newest != nullptr) withdraw(connection_, connection_.newest);
}

void SessionOperations::finish_newest() {
  Exchange* exchange = connection_.newest;
  if (exchange == nullptr) return;
  exchange->operation.facts.flags |= wire::kFlagNoReply;
  finish_exchange(connection_, exchange, wire::Outcome::kComplete, moment_);
}

Operation* SessionOperations::oldest() {
  return connection_.oldest != nullptr ? &connection_.oldest->operation : nullptr;
}

Operation* SessionOperations::newest() {
  return connection_.newest != nullptr ? &connection_.newest->operation : nullptr;
}

Operation* SessionOperations::after(const Operation* operation) {
  Exchange* next = exchange_of(operation)->next;
  return next != nullptr ? &next->operation : nullptr;
}

void SessionOperations::answer_begins() {
  Exchange* exchange = connection_.oldest;
  if (exchange == nullptr || exchange->response_started) return;
  exchange->response_started = true;
  if (wire::ExchangeRecord* record = spans::record_of(*exchange))
    record->response_start_ns = moment_.ns();
}

void SessionOperations::error(const char* code, size_t size) {
  Exchange* exchange = connection_.oldest;
  if (exchange == nullptr || exchange->operation.failed) return;
  exchange->operation.failed = true;
  spans::add_slice(*exchange, wire::SliceKind::kErrorCode, code, bounded(size), false);
}

void SessionOperations::finish(Ending ending) {
  Exchange* exchange = connection_.oldest;
  if (exchange == nullptr) return;
  if (ending == Ending::kSkipped) {
    exchange->operation.facts.flags |= wire::kFlagNotExecuted;
    exchange->operation.failed = true;
  }
  finish_exchange(connection_, exchange, wire::Outcome::kComplete, moment_);
}

void SessionOperations::withdraw_oldest() {
  if (connection_.oldest != nullptr) withdraw(connection_, connection_.oldest);
}

void SessionOperations::prepare(uint64_t key, uint32_t tag) { session_.texts.define(key, tag); }

void SessionOperations::prepare_text(const char* bytes, size_t size) {
  session_.texts.append(bytes, size);
}

void SessionOperations::prepared() { session_.texts.confirm(nullptr); }

void SessionOperations::prepared_as(uint64_t key) { session_.texts.confirm(&key); }

void SessionOperations::prepare_failed() { session_.texts.drop_oldest_unconfirmed(); }

void SessionOperations::drop_unconfirmed(uint32_t tag) { session_.texts.drop_unconfirmed(tag); }

bool SessionOperations::use_prepared(uint64_t key) {
  Exchange* exchange = connection_.newest;
  if (exchange == nullptr) return false;
  const PreparedText* text = session_.texts.find(key);
  if (text == nullptr) {
    exchange->operation.facts.flags |= wire::kFlagTextMissing;
    return false;
  }
  spans::add_slice(*exchange, wire::SliceKind::kStatement, text->text, text->size, text->truncated);
  return true;
}

void SessionOperations::forget_prepared(uint64_t key) { session_.texts.forget(key); }

void SessionOperations::forget_all_prepared() { session_.texts.clear(); }

void SessionOperations::set_namespace(const char* name, size_t size) {
  session_.name_space_size = cut(size);
  memcpy(session_.name_space, name, session_.name_space_size);
}

void SessionOperations::set_user(const char* name, size_t size) {
  recognise(connection_);
  session_.opening = true;
  session_.user_size = cut(size);
  memcpy(session_.user, name, session_.user_size);
}

void SessionOperations::set_protocol(wire::Protocol protocol) {
  if (session_.protocol != protocol) session_.target = nullptr;
  session_.protocol = protocol;
}

void SessionOperations::ready() {
  if (session_.ready) return;
  recognise(connection_);
  session_.ready = true;
  wire::TargetStatistics* target = target_of(connection_);
  if (target == nullptr) return;
  ring_writer::add(target->opened);
  if (connection_.connect_start_ns != 0)
    ring_writer::add_time(target->create_nanoseconds, target->create_times,
                          moment_.ns() - connection_.connect_start_ns);
}

void SessionOperations::rejected(const char* code, size_t size) {
  if (session_.rejected) return;
  session_.rejected = true;
  recognise(connection_);
  if (connection_.role != wire::Role::kClient) return;
  count(Counter::connects_failed);
  if (wire::TargetStatistics* target = target_of(connection_)) ring_writer::add(target->rejected);
  // Where a command was refused (AUTH), its own span says so.
  if (connection_.oldest == nullptr)
    record_failed_opening(connection_, session_.protocol, code, size, moment_);
}

void SessionOperations::in_transaction(bool open) { session_.in_transaction = open; }

}  // namespace seamtrace::agent::connections
