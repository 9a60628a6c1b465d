#include "collector/interpret/exchange_head.h"

#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

void take_first(std::string_view& place, std::string_view value) {
  if (place.empty()) place = value;
}

void take_request_header(ExchangeHead& head, const HeaderField& field) {
  const auto named = [&](std::string_view name) {
    return wire::equals_ignoring_case(field.name, name);
  };
  switch (field.name.size()) {
    case 4:
      if (named("host")) take_first(head.host, field.value);
      break;
    case 9:
      if (named("forwarded")) take_first(head.forwarded, field.value);
      break;
    case 10:
      if (named("user-agent")) take_first(head.user_agent, field.value);
      break;
    case 15:
      if (named("x-forwarded-for")) take_first(head.x_forwarded_for, field.value);
      break;
    case 16:
      if (named("x-forwarded-host")) take_first(head.x_forwarded_host, field.value);
      break;
    case 17:
      if (named("x-forwarded-proto")) take_first(head.x_forwarded_proto, field.value);
      break;
    default:
      break;
  }
}

}  // namespace

ExchangeHead take_apart(std::span<const Slice> slices) {
  ExchangeHead head;
  for (const Slice& slice : slices) {
    switch (slice.kind) {
      case wire::SliceKind::kRequestLine:
        head.request = split_request_line(slice.bytes, slice.truncated);
        break;
      case wire::SliceKind::kRequestHeader:
        take_request_header(head, split_header(slice.bytes));
        break;
      case wire::SliceKind::kResponseLine:
        head.response_version = response_version(slice.bytes);
        break;
      case wire::SliceKind::kTraceState:
        head.trace_state = slice.bytes;
        break;
      case wire::SliceKind::kUnixPath:
        head.unix_path = slice.bytes;
        break;
      case wire::SliceKind::kResponseHeader:
      default:  // those of data stores
        break;
    }
  }
  return head;
}

}  // namespace seamtrace::collector
