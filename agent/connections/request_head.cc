#include "agent/connections/request_head.h"

#include <string.h>

#include <string_view>

#include "agent/connections/captured_headers.h"
#include "agent/context/context.h"
#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/process_state.h"

namespace seamtrace::agent::connections {

namespace {

using codecs::Http1Event;
using codecs::Http1Header;
using codecs::TraceContext;
using ring_writer::count;
using wire::Association;
using wire::Counter;

constexpr uint32_t kTraceparentSize = 55;

std::string_view value_of(const Http1Event& event) {
  return {event.line + event.value_offset, event.value_size};
}

/// Fields that the semantic conventions want of every request.
bool is_always_kept(wire::Role role, Http1Header header) {
  switch (header) {
    case Http1Header::kHost:
      return true;
    case Http1Header::kUserAgent:
    case Http1Header::kForwarded:
    case Http1Header::kXForwardedFor:
    case Http1Header::kXForwardedHost:
    case Http1Header::kXForwardedProto:
      return role == wire::Role::kServer;
    default:
      return false;
  }
}

void keep_tracestate(Exchange& exchange, std::string_view value) {
  Carrier* carrier = spans::carrier_of(exchange);
  if (carrier == nullptr) return;
  bool invalid = false;
  carrier->tracestate_size = static_cast<uint16_t>(codecs::append_tracestate(
      carrier->tracestate, carrier->tracestate_size, Carrier::kTracestateCapacity, value, invalid));
}

void keep_baggage(Exchange& exchange, std::string_view value) {
  Carrier* carrier = spans::carrier_of(exchange);
  if (carrier == nullptr) return;
  carrier->baggage_size = static_cast<uint16_t>(codecs::append_baggage(
      carrier->baggage, carrier->baggage_size, Carrier::kBaggageCapacity, value));
}

void settle_record(Connection& connection, Exchange& exchange, const TraceContext& parent,
                   Association association, uint16_t flags) {
  spans::settle(exchange, parent, association, flags,
                {connection.id,
                 connection.peer,
                 connection.reused,
                 {connection.unix_path, connection.unix_path_size}});
}

void decide_server_context(Connection& connection, Exchange& exchange) {
  exchange.remote = connection.context_headers.context();
  TraceContext& remote = exchange.remote;
  if (connection.context_headers.any() && !remote.valid) count(Counter::context_invalid);
  if (connection.context_headers.traceparent_is_bad() && exchange.carrier != nullptr)
    exchange.carrier->tracestate_size = 0;
  process_state.has_served.store(true, std::memory_order_relaxed);
  if (settings.propagation_only) {
    exchange.identity = remote;  // passed on as it came: there is no span of ours in between
    return;
  }
  const bool restart = remote.valid && context::is_overused(remote);
  const TraceContext parent = restart ? TraceContext{} : remote;
  exchange.identity = context::child_of(parent);
  if (parent.valid && remote.sampling_decided)
    context::sample_child(remote, exchange.identity);
  else
    context::sample_root(exchange.identity);
  uint16_t flags = parent.valid ? wire::kFlagParentRemote : 0;
  if (restart) {
    count(Counter::traces_restarted);
    flags |= wire::kFlagTraceRestarted;
    if (wire::ExchangeRecord* record = spans::record_of(exchange)) {
      memcpy(record->link_trace_id, remote.trace_id, sizeof record->link_trace_id);
      memcpy(record->link_span_id, remote.span_id, sizeof record->link_span_id);
    }
  }
  settle_record(connection, exchange, parent,
                parent.valid ? Association::kRemote : Association::kRoot, flags);
}

/// Formats the fields to insert into `text`. False: there is nothing to insert, or
/// no room for it (counted).
bool prepare_insert(const Connection& connection, const Exchange& exchange,
                    const context::Parent& parent, AddedText& added) {
  const TraceContext& identity = exchange.identity;
  size_t size = 0;
  if (!context::may_carry(parent))
    size = codecs::format_headers(settings.propagators, identity, {}, {}, added.inline_text,
                                  AddedText::kInlineCapacity);
  if (size == 0) {
    TextBlock* block = take_text_block();
    TextBlock* scratch = block == nullptr ? nullptr : take_text_block();
    if (scratch != nullptr) {
      char* tracestate = scratch->text;
      char* baggage = scratch->text + Carrier::kTracestateCapacity;
      const context::CarriedText text = context::copy_carrier(
          parent, tracestate, Carrier::kTracestateCapacity, baggage, Carrier::kBaggageCapacity);
      const std::string_view own_baggage = connection.context_headers.has_baggage()
                                               ? std::string_view{}
                                               : std::string_view{baggage, text.baggage_size};
      size =
          codecs::format_headers(settings.propagators, identity, {tracestate, text.tracestate_size},
                                 own_baggage, block->text, TextBlock::kCapacity);
      give_back(scratch);
    }
    if (size == 0) {
      if (block != nullptr) give_back(block);
      if ((settings.propagators & ~codecs::kBaggage) != 0) count(Counter::inject_skipped_no_memory);
      return false;
    }
    added.block = block;
  }
  added.size = static_cast<uint32_t>(size);
  return true;
}

/// A proxy forwards its caller's context: its own span belongs in between. The parent id in the
/// header is set to ours, in place, as W3C Trace Context (3.4, mutating traceparent) asks of every
/// participant.
bool update_forwarded_context(Connection& connection, Exchange& exchange, const TraceContext& seen,
                              Edit* edit, context::Parent& parent) {
  if (edit == nullptr || !edit->has_traceparent || settings.propagation_only ||
      !connection.context_headers.single_traceparent())
    return false;
  parent = context::find_forwarded(seen);
  if (!parent.identity.valid) return false;
  exchange.parent_reference = parent.reference;
  exchange.identity = context::child_of(parent.identity);
  codecs::format_traceparent(exchange.identity, edit->text.inline_text);
  edit->text.size = kTraceparentSize;
  edit->text.replaces = kTraceparentSize;
  edit->wanted = true;
  edit->offset = edit->traceparent_offset;
  edit->replaces = kTraceparentSize;
  count(Counter::contexts_forwarded);
  return true;
}

/// The program's own context on the request is kept; our span stands beside the callee's.
Association take_over_context(Exchange& exchange, const TraceContext& seen, TraceContext& parent) {
  exchange.identity = context::child_of(seen);
  parent = seen;
  count(Counter::contexts_adopted);
  return Association::kAdopted;
}

void decide_client_context(Connection& connection, Exchange& exchange, const Http1Event& event,
                           Edit* edit, size_t base) {
  context::Sender sender;
  sender.opener = connection.opener;
  sender.first_request = !connection.reused && connection.in_flight == 1;
  sender.target_hash = exchange.target_hash;
  connection.opener = {};
  context::Parent found = context::find_parent(sender);
  exchange.parent_reference = found.reference;
  TraceContext parent = found.identity;
  Association association = found.association;
  uint16_t flags = 0;
  if (connection.context_headers.any()) {
    const TraceContext seen = connection.context_headers.context();
    if (settings.propagation_only || !seen.valid) {
      exchange.identity = {};  // malformed or foreign: it is the program's business
    } else if (update_forwarded_context(connection, exchange, seen, edit, found)) {
      association = found.association;
      parent = found.identity;
      flags |= wire::kFlagInjected | wire::kFlagForwardedContext;
    } else {
      association = take_over_context(exchange, seen, parent);
      flags |= wire::kFlagParentRemote;
    }
    settle_record(connection, exchange, parent, association, flags);
    return;
  }
  if (settings.propagation_only) {
    exchange.identity = parent;
  } else {
    exchange.identity = context::sampled_child_of(found);
    if (association == Association::kEnvironment) flags |= wire::kFlagParentRemote;
  }
  if (edit != nullptr && exchange.identity.valid) {
    // The empty line's CR may have been the last byte of the buffer before this one.
    const bool begins_before = event.blank_line_offset < 0;
    if (begins_before && base <= edit->begin) {
      count(Counter::inject_skipped_head_split);
    } else if (prepare_insert(connection, exchange, found, edit->text)) {
      edit->wanted = true;
      edit->offset = begins_before ? base - 1 : base + static_cast<size_t>(event.blank_line_offset);
      flags |= wire::kFlagInjected;
    }
  }
  settle_record(connection, exchange, parent, association, flags);
}

}  // namespace

void open_request_record(Exchange& exchange) {
  // The segment comes first: until it exists the control block is not filled.
  if (settings.propagation_only || !ring_writer::ensure_segment()) return;
  const wire::ControlBlock& control = ring_writer::control();
  const auto sampler = static_cast<wire::Sampler>(control.sampler.load(std::memory_order_relaxed));
  if (sampler == wire::Sampler::kAlwaysOff || control.tracing.load(std::memory_order_relaxed) == 0)
    return;
  spans::open_record(exchange);
}

void add_request_field(Connection& connection, Exchange& exchange, const Http1Event& event) {
  if (exchange.context_fixed) return;  // sent a second time
  const std::string_view value = value_of(event);
  if (event.header != Http1Header::kOther) {
    connection.context_headers.add(event.header, value, settings.propagators);
    const bool server = exchange.role == wire::Role::kServer;
    if (event.header == Http1Header::kTracestate && server && !event.truncated &&
        (settings.propagators & codecs::kTraceContext) != 0)
      keep_tracestate(exchange, value);
    if (event.header == Http1Header::kBaggage && !event.truncated &&
        (settings.propagators & codecs::kBaggage) != 0) {
      if (server)
        keep_baggage(exchange, value);
      else
        connection.context_headers.note_baggage(true);
    }
  }
  const bool kept = is_always_kept(exchange.role, event.header) ||
                    is_captured(exchange.role, true, event.line, event.name_size);
  if (kept)
    spans::add_slice(exchange, wire::SliceKind::kRequestHeader, event.line, event.line_size,
                     event.truncated);
}

void add_response_field(Exchange& exchange, const Http1Event& event) {
  if (is_captured(exchange.role, false, event.line, event.name_size))
    spans::add_slice(exchange, wire::SliceKind::kResponseHeader, event.line, event.line_size,
                     event.truncated);
}

void complete_request_head(Connection& connection, Exchange& exchange, const Http1Event& event,
                           Edit* edit, size_t base) {
  if (!exchange.context_fixed) {
    if (exchange.role == wire::Role::kServer)
      decide_server_context(connection, exchange);
    else
      decide_client_context(connection, exchange, event, edit, base);
  }
  exchange.head_done = true;
}

}  // namespace seamtrace::agent::connections
