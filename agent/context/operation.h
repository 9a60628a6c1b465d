// operation: whose child is a call to a data store, and is it recorded?
// Path:    connections, adapters -> [context] -> spans
// Threads: the calling thread's context counts: call it where the program makes the call.
#pragma once

#include <string_view>

#include "agent/context/context.h"
#include "agent/spans/exchange.h"

namespace seamtrace::agent::context {

/// Decides parent and sampling of a call that begins now, and opens its record if it is sampled.
/// Nothing can be injected into such a call, so all is known at once.
void begin_client_operation(Exchange& exchange, const Sender& sender,
                            const spans::Carriage& carriage, std::string_view name_space);

/// The same for a call that this process answers: a root, since these protocols carry no context.
void begin_server_operation(Exchange& exchange, const spans::Carriage& carriage,
                            std::string_view name_space);

}  // namespace seamtrace::agent::context
