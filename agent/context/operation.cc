#include "agent/context/operation.h"

#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/process_state.h"

namespace seamtrace::agent::context {

namespace {

void settle(Exchange& exchange, const codecs::TraceContext& parent, wire::Association association,
            uint16_t flags, const spans::Carriage& carriage, std::string_view name_space) {
  exchange.request_complete = true;
  exchange.head_done = true;
  spans::settle(exchange, parent, association, flags, carriage);
  exchange.operation.recorded = exchange.slot != nullptr;
  if (exchange.operation.recorded && !name_space.empty())
    spans::add_slice(exchange, wire::SliceKind::kNamespace, name_space.data(),
                     static_cast<uint32_t>(name_space.size()), false);
}

}  // namespace

void begin_client_operation(Exchange& exchange, const Sender& sender,
                            const spans::Carriage& carriage, std::string_view name_space) {
  const Parent parent = find_parent(sender);
  exchange.parent_reference = parent.reference;
  uint16_t flags = 0;
  if (!settings.propagation_only) {
    ring_writer::ensure_segment();  // until it exists the control block is not filled
    exchange.identity = sampled_child_of(parent);
    if (parent.association == wire::Association::kEnvironment) flags |= wire::kFlagParentRemote;
  }
  settle(exchange, parent.identity, parent.association, flags, carriage, name_space);
}

void begin_server_operation(Exchange& exchange, const spans::Carriage& carriage,
                            std::string_view name_space) {
  process_state.has_served.store(true, std::memory_order_relaxed);
  if (!settings.propagation_only) {
    ring_writer::ensure_segment();
    exchange.identity = child_of({});
    sample_root(exchange.identity);
  }
  settle(exchange, {}, wire::Association::kRoot, 0, carriage, name_space);
}

}  // namespace seamtrace::agent::context
