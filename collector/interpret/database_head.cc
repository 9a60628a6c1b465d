#include "collector/interpret/database_head.h"

#include <cstring>

namespace seamtrace::collector {
namespace {

void take_first(std::string_view& place, std::string_view value) {
  if (place.empty()) place = value;
}

}  // namespace

void take_apart(std::span<const Slice> slices, DatabaseHead& head) {
  for (const Slice& slice : slices) {
    switch (slice.kind) {
      case wire::SliceKind::kStatement:
        if (head.has_statement) break;
        head.has_statement = true;
        head.statement = slice.bytes;
        head.statement_truncated = slice.truncated;
        break;
      case wire::SliceKind::kArgument:
        if (head.argument_count < DatabaseHead::kMostArguments)
          head.arguments[head.argument_count++] = slice;
        else
          head.more_arguments = true;
        break;
      case wire::SliceKind::kNamespace:
        take_first(head.name_space, slice.bytes);
        break;
      case wire::SliceKind::kUser:
        take_first(head.user, slice.bytes);
        break;
      case wire::SliceKind::kErrorCode:
        take_first(head.error_code, slice.bytes);
        break;
      case wire::SliceKind::kTraceState:
        take_first(head.trace_state, slice.bytes);
        break;
      case wire::SliceKind::kUnixPath:
        take_first(head.unix_path, slice.bytes);
        break;
      case wire::SliceKind::kDatabaseFacts:
        if (slice.bytes.size() == sizeof(head.facts))
          std::memcpy(&head.facts, slice.bytes.data(), sizeof(head.facts));
        break;
      default:
        break;
    }
  }
}

}  // namespace seamtrace::collector
