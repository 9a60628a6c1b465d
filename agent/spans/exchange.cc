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

Exchange* begin(wire::Role role, uint64_t start_ns) {
  Exchange* exchange = exchanges.take();
  if (exchange == nullptr) {
    count(Counter::lost_slots_exhausted);
    return nullptr;
  }
  exchange->role = role;
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
  record.protocol = static_cast<uint8_t>(wire::Protocol::kHttp1);
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
  ExchangeRecord* record = record_of(exchange);
  if (record == nullptr) return;
  // A response's slices find room even after a request with an endless target.
  constexpr uint32_t kReservedForResponse = 256;
  const bool of_response =
      kind == wire::SliceKind::kResponseLine || kind == wire::SliceKind::kResponseHeader;
  const uint32_t capacity =
      wire::kMaxRecordBytes - sizeof(ExchangeRecord) - (of_response ? 0 : kReservedForResponse);
  const uint32_t used = record->slice_bytes + sizeof(wire::SliceHeader);
  uint32_t room = used < capacity ? capacity - used : 0;
  // A header that does not fit whole is left out; a line is cut, since its beginning says most.
  const bool line = kind == wire::SliceKind::kRequestLine;
  if (size > room && (!line || room == 0)) {
    record->flags |= wire::kFlagHeadTruncated;
    return;
  }
  const bool cut = size > room;
  const uint32_t length = cut ? room : size;
  const wire::SliceHeader head{static_cast<uint8_t>(kind),
                               static_cast<uint8_t>(cut || truncated ? 1 : 0),
                               static_cast<uint16_t>(length)};
  if (cut || truncated) record->flags |= wire::kFlagHeadTruncated;
  uint8_t* out = exchange.slot->record + sizeof(ExchangeRecord) + record->slice_bytes;
  memcpy(out, &head, sizeof head);
  memcpy(out + sizeof head, bytes, length);
  record->slice_bytes += static_cast<uint32_t>(sizeof head) + length;
  ++record->slice_count;
  record->header.size = round_up_8(sizeof(ExchangeRecord) + record->slice_bytes);
}

void publish(Exchange& exchange, wire::Association association, uint16_t flags) {
  ExchangeRecord* record = record_of(exchange);
  if (record == nullptr) return;
  memcpy(record->trace_id, exchange.identity.trace_id, sizeof record->trace_id);
  memcpy(record->span_id, exchange.identity.span_id, sizeof record->span_id);
  record->trace_flags = exchange.identity.flags;
  record->association = static_cast<uint8_t>(association);
  record->flags |= flags;
  record->tid = thread_state.tid;
  exchange.slot->state.store(static_cast<uint32_t>(wire::SlotState::kActive),
                             std::memory_order_release);
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
