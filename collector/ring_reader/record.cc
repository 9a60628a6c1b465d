#include "collector/ring_reader/record.h"

#include <algorithm>
#include <cstring>

namespace seamtrace::collector {
namespace {

bool all_zero(std::span<const uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

}  // namespace

std::optional<uint32_t> record_size(std::string_view bytes) {
  wire::RecordHeader header;
  if (bytes.size() < sizeof(header)) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.size < sizeof(header) || header.size % 8 != 0 || header.size > bytes.size())
    return std::nullopt;
  return header.size;
}

std::optional<Record> parse_record(std::string_view bytes, std::vector<Slice>& slices) {
  Record record{};
  wire::ExchangeRecord& exchange = record.exchange;
  if (bytes.size() < sizeof(exchange) || bytes.size() > wire::kMaxRecordBytes) return std::nullopt;
  std::memcpy(&exchange, bytes.data(), sizeof(exchange));
  if (exchange.header.size != bytes.size() ||
      exchange.header.type != static_cast<uint16_t>(wire::RecordType::kExchange) ||
      exchange.role < 1 || exchange.role > static_cast<uint8_t>(wire::Role::kClient) ||
      exchange.protocol < 1 || exchange.protocol > wire::kLastProtocol ||
      exchange.association > static_cast<uint8_t>(wire::Association::kAdopted) ||
      exchange.outcome > static_cast<uint8_t>(wire::Outcome::kInFlight) ||
      all_zero(exchange.trace_id) || all_zero(exchange.span_id)) {
    return std::nullopt;
  }
  bytes.remove_prefix(sizeof(exchange));
  if (exchange.slice_bytes > bytes.size()) return std::nullopt;
  bytes = bytes.substr(0, exchange.slice_bytes);
  slices.clear();
  for (uint32_t i = 0; i < exchange.slice_count; ++i) {
    wire::SliceHeader header;
    if (bytes.size() < sizeof(header)) return std::nullopt;
    std::memcpy(&header, bytes.data(), sizeof(header));
    bytes.remove_prefix(sizeof(header));
    if (header.length > bytes.size()) return std::nullopt;
    slices.push_back({static_cast<wire::SliceKind>(header.kind), header.truncated != 0,
                      bytes.substr(0, header.length)});
    bytes.remove_prefix(header.length);
  }
  if (!bytes.empty()) return std::nullopt;
  record.slices = slices;
  return record;
}

}  // namespace seamtrace::collector
