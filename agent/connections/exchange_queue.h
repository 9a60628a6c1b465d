// ExchangeQueue: the exchanges of a connection, in the order in which they will be answered.
// Path:    connections -> [exchange_queue] -> spans
// Threads: the caller holds the connection's lock.
#pragma once

#include "agent/connections/connection.h"
#include "agent/connections/moment.h"

namespace seamtrace::agent::connections {

/// A new exchange, the newest. Null: too many are in flight (counted), or no memory.
Exchange* begin_exchange(Connection& connection, wire::Protocol protocol, Moment& moment);

/// Ends an exchange and gives its memory back.
void finish_exchange(Connection& connection, Exchange* exchange, wire::Outcome outcome,
                     Moment& moment);
inline void finish_oldest(Connection& connection, wire::Outcome outcome, Moment& moment) {
  finish_exchange(connection, connection.oldest, outcome, moment);
}

/// Ends everything in flight on the connection.
void end_exchanges(Connection& connection, Moment& moment, wire::Outcome if_unanswered);

/// Removes an exchange as if it had never begun.
void withdraw(Connection& connection, Exchange* exchange);

}  // namespace seamtrace::agent::connections
