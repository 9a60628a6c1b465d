// Exchange: one request with its response, while it happens.
// Path:    connections -> [spans] -> ring_writer
// Owner:   the connection it runs on; taken from a type-stable pool.
// Threads: changed under the connection's lock; other threads may read `identity`, `parent` and
//          `carrier` of a live exchange, checking `generation` before and after.
// Memory:  the record under construction lives in shared memory (an in-flight slot), so that
//          what a crash cuts off is still there; an unsampled exchange has none.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "agent/codecs/http1/http1_codec.h"
#include "agent/codecs/operations.h"
#include "agent/codecs/propagation/propagation.h"
#include "agent/runtime/thread_state.h"
#include "wire/segment.h"

namespace seamtrace::agent {

/// tracestate and baggage of a request, for the requests that it causes.
struct Carrier {
  static constexpr uint32_t kTracestateCapacity = 2048;
  static constexpr uint32_t kBaggageCapacity = 8192;
  std::atomic<uint32_t> pool_next;
  uint16_t tracestate_size;
  uint16_t baggage_size;
  char tracestate[kTracestateCapacity];
  char baggage[kBaggageCapacity];
};

struct Exchange {
  std::atomic<uint32_t> pool_next;
  wire::Role role;
  wire::Protocol protocol;
  codecs::Http1RequestMethod method;  ///< HTTP
  bool request_complete;
  bool response_started;
  bool head_done;      ///< the request's head is complete: the context is decided
  bool context_fixed;  ///< `identity` may not change any more: it is on the wire
  /// Odd while the exchange is live, even while it is free or answered. Never reset.
  std::atomic<uint64_t> generation;
  codecs::TraceContext identity;      ///< trace, own span id, flags
  codecs::TraceContext remote;        ///< what the request carried, if valid
  codecs::TraceContext parent;        ///< client: the parent's identity, if valid
  ContextReference parent_reference;  ///< client: the server exchange that caused it
  Carrier* carrier;
  Exchange* next;            ///< in the connection's queue
  wire::InFlightSlot* slot;  ///< null: not sampled, or no room
  uint64_t start_ns;
  uint64_t target_hash;  ///< of the request target; only with settings.forwards_targets
  uint64_t request_body_bytes;
  uint64_t response_body_bytes;
  uint32_t last_slice;          ///< where the slice begun last stands in the slot; 0: none
  codecs::Operation operation;  ///< of a data store

  bool sampled() const { return (identity.flags & codecs::kFlagSampled) != 0; }
  bool live() const { return (generation.load(std::memory_order_relaxed) & 1) != 0; }
};

namespace spans {

/// Maps the pools. False: no memory, the agent cannot work.
bool open_pools();
/// Drops everything that a parent process left. Only in a forked child.
void reset_pools();

/// A live exchange with no identity yet, or null.
Exchange* begin(wire::Role role, wire::Protocol protocol, uint64_t start_ns);

/// Server requests of this process that have not been answered yet.
int64_t live_server_requests();

/// The exchange is answered: it is nobody's parent any more.
void retire(Exchange& exchange);
/// Gives the memory back. Implies retire().
void release(Exchange* exchange);

/// Opens the record (slot) unless there is one. No-op without a segment.
void open_record(Exchange& exchange);
/// Drops the record: not sampled after all.
void drop_record(Exchange& exchange);
wire::ExchangeRecord* record_of(Exchange& exchange);

/// Appends a slice to the record; cuts it, and marks the record, where there is no room.
void add_slice(Exchange& exchange, wire::SliceKind kind, const char* bytes, uint32_t size,
               bool truncated);

/// More bytes for the slice that was added last; cut likewise.
void append_to_slice(Exchange& exchange, const char* bytes, uint32_t size);
/// Marks the slice that was added last as shorter than the original.
void mark_truncated(Exchange& exchange);

/// The connection that an exchange runs on, as far as its record tells of it.
struct Carriage {
  uint64_t connection_id = 0;
  wire::Endpoint peer{};
  bool reused = false;
  std::string_view unix_path = {};
};
/// Identity and parent are decided: fills them into the record and makes it visible as in flight;
/// drops it when the exchange is not sampled.
void settle(Exchange& exchange, const codecs::TraceContext& parent, wire::Association association,
            uint16_t flags, const Carriage& carriage);

/// Writes the finished record, of a data store with its facts, and releases the slot.
void finish(Exchange& exchange, wire::Outcome outcome, uint64_t end_ns, int error_number);

/// The exchange's carrier, taken from the pool on first use; null when the pool is empty.
Carrier* carrier_of(Exchange& exchange);

void generate_trace_id(codecs::TraceContext& context);
void generate_span_id(codecs::TraceContext& context);

}  // namespace spans
}  // namespace seamtrace::agent
