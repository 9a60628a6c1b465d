#include "agent/connections/exchange_queue.h"

#include "agent/connections/database_stream.h"
#include "agent/ring_writer/segment_writer.h"

namespace seamtrace::agent::connections {

namespace {

using ring_writer::count;
using wire::Counter;

constexpr uint32_t kMostInFlight = 1024;

void unlink(Connection& connection, Exchange* exchange) {
  if (connection.oldest == exchange) {
    connection.oldest = exchange->next;
    if (connection.oldest == nullptr) connection.newest = nullptr;
  } else {
    Exchange* before = connection.oldest;
    while (before->next != exchange) before = before->next;
    before->next = exchange->next;
    if (connection.newest == exchange) connection.newest = before;
  }
  if (connection.receiving == exchange) connection.receiving = nullptr;
  if (connection.resumed == exchange) connection.resumed = nullptr;
  --connection.in_flight;
}

}  // namespace

Exchange* begin_exchange(Connection& connection, wire::Protocol protocol, Moment& moment) {
  // A pipelining client of a data store may well have thousands of commands under way.
  constexpr uint32_t kMostOperations = 16 * 1024;
  const uint32_t most = wire::is_database(protocol) ? kMostOperations : kMostInFlight;
  if (connection.in_flight == most) {
    count(Counter::bypass_pipeline_too_deep);
    return nullptr;
  }
  if (connection.message_start_ns == 0) connection.message_start_ns = moment.ns();
  Exchange* exchange = spans::begin(connection.role, protocol, connection.message_start_ns);
  connection.message_start_ns = 0;
  if (exchange == nullptr) return nullptr;
  if (connection.newest != nullptr)
    connection.newest->next = exchange;
  else
    connection.oldest = exchange;
  connection.newest = exchange;
  ++connection.in_flight;
  return exchange;
}

void finish_exchange(Connection& connection, Exchange* exchange, wire::Outcome outcome,
                     Moment& moment) {
  unlink(connection, exchange);
  connection.reused = true;
  const bool failed = outcome != wire::Outcome::kComplete && outcome != wire::Outcome::kUpgraded;
  if (connection.database != nullptr) note_operation_ended(connection, *exchange);
  spans::finish(*exchange, outcome, moment.ns(), failed ? connection.last_error : 0);
  spans::release(exchange);
}

void end_exchanges(Connection& connection, Moment& moment, wire::Outcome if_unanswered) {
  // A server ends a response of open length by closing.
  if (connection.role == wire::Role::kServer && connection.oldest != nullptr &&
      connection.database == nullptr && connection.oldest->response_started &&
      connection.last_error == 0 && connection.response.codec.end_of_stream())
    finish_oldest(connection, wire::Outcome::kComplete, moment);
  while (connection.oldest != nullptr) {
    wire::Outcome outcome = if_unanswered;
    if (if_unanswered != wire::Outcome::kLost) {
      if (connection.oldest->response_started)
        outcome = wire::Outcome::kResponseCut;
      else if (!connection.oldest->request_complete)
        outcome = wire::Outcome::kRequestCut;
    }
    finish_oldest(connection, outcome, moment);
  }
}

void withdraw(Connection& connection, Exchange* exchange) {
  unlink(connection, exchange);
  if (exchange->head_done && exchange->slot != nullptr)
    count(
        exchange->role == wire::Role::kServer ? Counter::server_requests : Counter::client_requests,
        ~uint64_t{0});  // it did not happen: one less
  spans::release(exchange);
}

}  // namespace seamtrace::agent::connections
