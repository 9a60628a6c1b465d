#include "collector/ring_reader/testing/record_builder.h"

#include <sys/socket.h>

#include <cstring>

namespace seamtrace::collector::testing {

wire::Endpoint v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port) {
  wire::Endpoint endpoint{};
  endpoint.family = AF_INET;
  endpoint.port = port;
  const uint8_t address[] = {a, b, c, d};
  std::memcpy(endpoint.address, address, sizeof(address));
  return endpoint;
}

RecordBuilder::RecordBuilder(uint64_t number) {
  exchange.header.type = static_cast<uint16_t>(wire::RecordType::kExchange);
  exchange.start_ns = 1'000;
  exchange.response_start_ns = 2'000;
  exchange.end_ns = 3'000;
  exchange.trace_id[0] = 0xAB;
  exchange.span_id[0] = 0xCD;
  for (int i = 0; i < 7; ++i) {
    exchange.trace_id[15 - i] = static_cast<uint8_t>(number >> (8 * i));
    exchange.span_id[7 - i] = static_cast<uint8_t>(number >> (8 * i));
  }
  exchange.local = v4(127, 0, 0, 1, 8080);
  exchange.peer = v4(192, 0, 2, 1, 5000);
  exchange.status = 200;
  exchange.flags = wire::kFlagFinalStatusSeen;
  exchange.role = static_cast<uint8_t>(wire::Role::kServer);
  exchange.protocol = static_cast<uint8_t>(wire::Protocol::kHttp1);
  exchange.trace_flags = 1;
}

RecordBuilder& RecordBuilder::client() {
  exchange.role = static_cast<uint8_t>(wire::Role::kClient);
  return *this;
}

RecordBuilder RecordBuilder::database(wire::Protocol protocol, uint16_t port, uint64_t number) {
  RecordBuilder builder(number);
  builder.client();
  builder.exchange.protocol = static_cast<uint8_t>(protocol);
  builder.exchange.status = 0;
  builder.exchange.flags = 0;
  builder.exchange.local = v4(10, 0, 0, 2, 40000);
  builder.exchange.peer = v4(10, 0, 0, 9, port);
  return builder;
}

RecordBuilder& RecordBuilder::arguments(std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) slice(wire::SliceKind::kArgument, word);
  return *this;
}

RecordBuilder& RecordBuilder::facts(const wire::DatabaseFacts& facts) {
  return slice(wire::SliceKind::kDatabaseFacts,
               {reinterpret_cast<const char*>(&facts), sizeof(facts)});
}

RecordBuilder& RecordBuilder::slice(wire::SliceKind kind, std::string_view bytes, bool truncated) {
  lying_slice(kind, bytes, static_cast<uint16_t>(bytes.size()));
  slices_[slices_.size() - bytes.size() - sizeof(wire::SliceHeader) + 1] = truncated ? 1 : 0;
  return *this;
}

RecordBuilder& RecordBuilder::lying_slice(wire::SliceKind kind, std::string_view bytes,
                                          uint16_t claimed_length) {
  const wire::SliceHeader header{static_cast<uint8_t>(kind), 0, claimed_length};
  slices_.append(reinterpret_cast<const char*>(&header), sizeof(header));
  slices_.append(bytes);
  ++exchange.slice_count;
  return *this;
}

std::string RecordBuilder::bytes() const {
  wire::ExchangeRecord record = exchange;
  record.slice_bytes = static_cast<uint32_t>(slices_.size());
  std::string result(sizeof(record), 0);
  result += slices_;
  result.resize((result.size() + 7) / 8 * 8);
  record.header.size = static_cast<uint32_t>(result.size());
  std::memcpy(result.data(), &record, sizeof(record));
  return result;
}

}  // namespace seamtrace::collector::testing
