#include "collector/interpret/span_parts.h"

#include "collector/interpret/network.h"

namespace seamtrace::collector {

void fill_identity(Span& span, Arena& arena, const wire::ExchangeRecord& exchange,
                   std::string_view trace_state) {
  std::copy_n(exchange.trace_id, span.trace_id.size(), span.trace_id.begin());
  std::copy_n(exchange.span_id, span.span_id.size(), span.span_id.begin());
  std::copy_n(exchange.parent_span_id, span.parent_span_id.size(), span.parent_span_id.begin());
  span.parent_remote = (exchange.flags & wire::kFlagParentRemote) != 0;
  span.trace_flags = exchange.trace_flags;
  span.kind = is_server(exchange) ? SpanKind::kServer : SpanKind::kClient;
  span.association = static_cast<wire::Association>(exchange.association);
  span.trace_state = copy_valid_text(arena, trace_state);
  if ((exchange.flags & wire::kFlagTraceRestarted) == 0) return;
  Link link;
  std::copy_n(exchange.link_trace_id, link.trace_id.size(), link.trace_id.begin());
  std::copy_n(exchange.link_span_id, link.span_id.size(), link.span_id.begin());
  if (link.trace_id == TraceId{} || link.span_id == SpanId{}) return;
  span.links.push_back(std::move(link));
}

void fill_times(Span& span, const Record& record, const ProducerClock& clock,
                uint64_t now_unix_ns) {
  span.start_unix_ns = clock.to_unix(record.exchange.start_ns, now_unix_ns);
  uint64_t end = span.start_unix_ns;
  if (record.death) {
    end = record.death->noticed_unix_ns;
  } else if (record.exchange.end_ns != 0) {
    end = clock.to_unix(record.exchange.end_ns, now_unix_ns);
  }
  span.end_unix_ns = std::max(end, span.start_unix_ns);
}

std::string_view add_peer(Span& span, Arena& arena, const wire::ExchangeRecord& exchange,
                          std::string_view unix_path) {
  const std::string_view peer = address_text(arena, exchange.peer);
  if (!peer.empty()) {
    add_attribute(span, "network.peer.address", peer);
    if (const uint16_t port = port_number(exchange.peer); port != 0)
      add_attribute(span, "network.peer.port", int64_t{port});
  } else {
    add_text_attribute(span, arena, "network.peer.address", unix_path);
  }
  if (is_unix(exchange.peer)) add_attribute(span, "network.transport", "unix");
  return peer;
}

void add_association(Span& span, const wire::ExchangeRecord& exchange) {
  constexpr std::string_view kNames[] = {"root",    "remote",   "exact",       "handoff",
                                         "runtime", "inferred", "environment", "adopted"};
  add_attribute(span, "seamtrace.parent.association", kNames[exchange.association]);
}

}  // namespace seamtrace::collector
