// RequestHead: what is done with the head of a request: slices kept, context decided.
// Path:    http1_stream -> [request_head] -> context, spans
// Threads: the caller holds the connection's lock.
#pragma once

#include "agent/connections/connection.h"
#include "agent/connections/http1_stream.h"

namespace seamtrace::agent::connections {

/// Opens the record of a new exchange, unless nothing will be sampled.
void open_request_record(Exchange& exchange);

/// A header field of the request: context is understood, what the conventions want is kept.
void add_request_field(Connection& connection, Exchange& exchange, const codecs::Http1Event& event);
/// A header field of the response.
void add_response_field(Exchange& exchange, const codecs::Http1Event& event);

/// The head is whole: decides context and sampling; for a client with `edit`, prepares the
/// injection in `edit`.
void complete_request_head(Connection& connection, Exchange& exchange,
                           const codecs::Http1Event& event, Edit* edit, size_t base);

}  // namespace seamtrace::agent::connections
