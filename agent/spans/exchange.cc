#include "agent/spans/exchange.h"

#include <string.h>

#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/pool.h"
#include "agent/runtime/process_state.h"

namespace seamtrace::agent::spans {

namespace {

using ring_writer::count;
using wire::Counter;
using wire::ExchangeRecord;

constexpr uint32_t kExchangeCapacity = 32 * 1024;
constexpr uint32_t kCarrierCapacity = 2 * 1024;

Pool<Exchange, kExchangeCapacity> exchanges;
Pool<Carrier, kCarrierCapacity> carriers;

/// Sharded, so that busy threads do not share a cache line.
struct alignas(64) LiveShard {
  std::atomic<int64_t> count;
};
constexpr uint32_t kLiveShards = 16;
LiveShard live_servers[kLiveShards];

void add_live_server(int64_t change) {
  live_servers[thread_state.tid % kLiveShards].count.fetch_add(change, std::memory_order_relaxed);
}

constexpr uint32_t round_up_8(uint32_t size) { return (size + 7) & ~7u; }

/// Bytes that slices may occupy up to the end of one of this kind. What comes with the response
/// finds room even after a request with an endless target or statement.
constexpr uint32_t capacity_for(wire::SliceKind kind) {
  constexpr uint32_t kReservedForResponse = 256;
  constexpr uint32_t kAll = wire::kMaxRecordBytes - sizeof(ExchangeRecord);
  switch (kind) {
    case wire::SliceKind::kResponseLine:
    case wire::SliceKind::kResponseHeader:
    case wire::SliceKind::kErrorCode:
    case wire::SliceKind::kDatabaseFacts:
      return kAll;
    default:
      return kAll - kReservedForResponse;
  }
}

/// What does not fit whole is left out, except where the beginning says most.
constexpr bool may_be_cut(wire::SliceKind kind) {
  return kind == wire::SliceKind::kRequestLine || kind == wire::SliceKind::kStatement ||
         kind == wire::SliceKind::kArgument;
}

}  // namespace

bool open_pools() { return exchanges.open() && carriers.open(); }

void reset_pools() {
  exchanges.for_each_used([](Exchange& exchange) {
    exchange.slot = nullptr;
    exchange.carrier = nullptr;
    retire(exchange);
  });
  exchanges.reset();
  carriers.reset();
  for (LiveShard& shard : live_servers) shard.count.store(0, std::memory_order_relaxed);
}

Exchange* begin(wire::Role role, wire::Protocol protocol, uint64_t start_ns) {
  Exchange* exchange = exchanges.take();
  if (exchange == nullptr) {
    count(Counter::lost_slots_exhausted);
    return nullptr;
  }
  exchange->role = role;
  exchange->protocol = protocol;
  exchange->method = codecs::Http1RequestMethod::kOrdinary;
  exchange->request_complete = false;
  exchange->response_started = false;
  exchange->head_done = false;
  exchange->context_fixed = false;
  exchange->identity = {};
  exchange->remote = {};
  exchange->parent = {};
  exchange->parent_reference = {};
  exchange->carrier = nullptr;
  exchange->next = nullptr;
  exchange->slot = nullptr;
  exchange->start_ns = start_ns;
  exchange->target_hash = 0;
  exchange->request_body_bytes = 0;
  exchange->response_body_bytes = 0;
  exchange->last_slice = 0;
  exchange->operation = {};
  exchange->generation.fetch_add(1, std::memory_order_release);
  if (role == wire::Role::kServer) add_live_server(1);
  return exchange;
}

int64_t live_server_requests() {
  int64_t sum = 0;
  for (const LiveShard& shard : live_servers) sum += shard.count.load(std::memory_order_relaxed);
  return sum;
}

void retire(Exchange& exchange) {
  if (!exchange.live()) return;
  exchange.generation.fetch_add(1, std::memory_order_release);
  if (exchange.role == wire::Role::kServer) add_live_server(-1);
}

void release(Exchange* exchange) {
  retire(*exchange);
  drop_record(*exchange);
  if (exchange->carrier != nullptr) {
    carriers.give_back(exchange->carrier);
    exchange->carrier = nullptr;
  }
  exchanges.give_back(exchange);
}

void open_record(Exchange& exchange) {
  if (exchange.slot != nullptr || settings.propagation_only || !ring_writer::ensure_segment())
    return;
  exchange.slot = ring_writer::take_slot();
  if (exchange.slot == nullptr) return;
  ExchangeRecord& record = *record_of(exchange);
  memset(static_cast<void*>(&record), 0, sizeof record);
  record.header.size = sizeof record;
  record.header.type = static_cast<uint16_t>(wire::RecordType::kExchange);
  record.start_ns = exchange.start_ns;
  record.role = static_cast<uint8_t>(exchange.role);
  record.protocol = static_cast<uint8_t>(exchange.protocol);
  record.outcome = static_cast<uint8_t>(wire::Outcome::kInFlight);
}

void drop_record(Exchange& exchange) {
  if (exchange.slot == nullptr) return;
  ring_writer::give_back(exchange.slot);
  exchange.slot = nullptr;
}

ExchangeRecord* record_of(Exchange& exchange) {
  return exchange.slot == nullptr ? nullptr
                                  : reinterpret_cast<ExchangeRecord*>(exchange.slot->record);
}

void add_slice(Exchange& exchange, wire::SliceKind kind, const char* bytes, uint32_t size,
               bool truncated) {
  exchange.last_slice = 0;
  ExchangeRecord* record = record_of(exchange);
  if (record == nullptr) return;
  const uint32_t capacity = capacity_for(kind);
  const uint32_t used = record->slice_bytes + sizeof(wire::SliceHeader);
  const uint32_t room = used < capacity ? capacity - used : 0;
  if (size > room && (!may_be_cut(kind) || room == 0)) {
    record->flags |= wire::kFlagHeadTruncated;
    return;
  }
  const bool cut = size > room;
  const uint32_t length = cut ? room : size;
  const wire::SliceHeader head{static_cast<uint8_t>(kind), static_cast<uint8_t>(cut || truncated),
                               static_cast<uint16_t>(length)};
  exchange.last_slice = static_cast<uint32_t>(sizeof(ExchangeRecord)) + record->slice_bytes;
  uint8_t* slice = exchange.slot->record + exchange.last_slice;
  memcpy(slice, &head, sizeof head);
  memcpy(slice + sizeof head, bytes, length);
  record->slice_bytes += static_cast<uint32_t>(sizeof head) + length;
  ++record->slice_count;
  record->header.size = round_up_8(sizeof(ExchangeRecord) + record->slice_bytes);
  if (cut || truncated) record->flags |= wire::kFlagHeadTruncated;
}

void append_to_slice(Exchange& exchange, const char* bytes, uint32_t size) {
  ExchangeRecord* record = record_of(exchange);
  if (record == nullptr || exchange.last_slice == 0) return;
  wire::SliceHeader head;
  uint8_t* slice = exchange.slot->record + exchange.last_slice;
  memcpy(&head, slice, sizeof head);
  const uint32_t capacity = capacity_for(static_cast<wire::SliceKind>(head.kind));
  const uint32_t room = record->slice_bytes < capacity ? capacity - record->slice_bytes : 0;
  const uint32_t length = size > room ? room : size;
  memcpy(slice + sizeof head + head.length, bytes, length);
  head.length = static_cast<uint16_t>(head.length + length);
  memcpy(slice, &head, sizeof head);
  record->slice_bytes += length;
  record->header.size = round_up_8(sizeof(ExchangeRecord) + record->slice_bytes);
  if (length < size) mark_truncated(exchange);
}

void mark_truncated(Exchange& exchange) {
  ExchangeRecord* record = record_of(exchange);
  if (record == nullptr || exchange.last_slice == 0) return;
  uint8_t* slice = exchange.slot->record + exchange.last_slice;
  slice[offsetof(wire::SliceHeader, truncated)] = 1;
  // Of a long word, such as a value to be stored, the beginning is all that is wanted.
  constexpr auto kWord = static_cast<uint8_t>(wire::SliceKind::kArgument);
  if (slice[offsetof(wire::SliceHeader, kind)] != kWord) record->flags |= wire::kFlagHeadTruncated;
}

namespace {

void publish(Exchange& exchange, ExchangeRecord& record, wire::Association association,
             uint16_t flags) {
  memcpy(record.trace_id, exchange.identity.trace_id, sizeof record.trace_id);
  memcpy(record.span_id, exchange.identity.span_id, sizeof record.span_id);
  record.trace_flags = exchange.identity.flags;
  record.association = static_cast<uint8_t>(association);
  record.flags |= flags;
  record.tid = thread_state.tid;
  exchange.slot->state.store(static_cast<uint32_t>(wire::SlotState::kActive),
                             std::memory_order_release);
}

}  // namespace

void settle(Exchange& exchange, const codecs::TraceContext& parent, wire::Association association,
            uint16_t flags, const Carriage& carriage) {
  if (!exchange.identity.valid || !exchange.sampled()) {
    drop_record(exchange);
    if (exchange.identity.valid) count(Counter::requests_unsampled);
    return;
  }
  open_record(exchange);
  ExchangeRecord* record = record_of(exchange);
  if (record == nullptr) {
    if (ring_writer::ensure_segment()) count(Counter::lost_slots_exhausted);
    return;
  }
  if (parent.valid) memcpy(record->parent_span_id, parent.span_id, sizeof record->parent_span_id);
  record->connection_id = carriage.connection_id;
  record->peer = carriage.peer;
  if (carriage.reused) flags |= wire::kFlagReusedConnection;
  if (exchange.carrier != nullptr && exchange.carrier->tracestate_size != 0)
    add_slice(exchange, wire::SliceKind::kTraceState, exchange.carrier->tracestate,
              exchange.carrier->tracestate_size, false);
  if (!carriage.unix_path.empty())
    add_slice(exchange, wire::SliceKind::kUnixPath, carriage.unix_path.data(),
              static_cast<uint32_t>(carriage.unix_path.size()), false);
  publish(exchange, *record, association, flags);
  count(exchange.role == wire::Role::kServer ? Counter::server_requests : Counter::client_requests);
}

void finish(Exchange& exchange, wire::Outcome outcome, uint64_t end_ns, int error_number) {
  retire(exchange);
  ExchangeRecord* record = record_of(exchange);
  if (record == nullptr) return;
  // A request whose head was never completed has no context, and so no span.
  if (exchange.head_done) {
    record->end_ns = end_ns;
    record->outcome = static_cast<uint8_t>(outcome);
    record->error_number = error_number;
    record->request_body_bytes = exchange.request_body_bytes;
    record->response_body_bytes = exchange.response_body_bytes;
    if (wire::is_database(exchange.protocol))
      add_slice(exchange, wire::SliceKind::kDatabaseFacts,
                reinterpret_cast<const char*>(&exchange.operation.facts),
                sizeof exchange.operation.facts, false);
    if (record->flags & wire::kFlagHeadTruncated) count(Counter::heads_truncated);
    if (ring_writer::write_record(*record)) count(Counter::records_written);
  }
  drop_record(exchange);
}

Carrier* carrier_of(Exchange& exchange) {
  if (exchange.carrier == nullptr) {
    exchange.carrier = carriers.take();
    if (exchange.carrier != nullptr) {
      exchange.carrier->tracestate_size = 0;
      exchange.carrier->baggage_size = 0;
    }
  }
  return exchange.carrier;
}

void generate_trace_id(codecs::TraceContext& context) {
  const uint64_t words[2] = {thread_random(), thread_random() | 1};  // never all zero
  memcpy(context.trace_id, words, sizeof words);
}

void generate_span_id(codecs::TraceContext& context) {
  uint64_t word = thread_random();
  if (word == 0) word = 1;
  memcpy(context.span_id, &word, sizeof word);
}

}  // namespace seamtrace::agent::spans
