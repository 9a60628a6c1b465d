// SpanParts: what every interpreter puts into a span alike.
// Path:    ring_reader -> [interpret] -> process
// Memory:  text is copied into the arena given.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "collector/interpret/span.h"
#include "collector/ring_reader/record.h"
#include "collector/support/arena.h"
#include "collector/support/clock.h"

namespace seamtrace::collector {

/// A Value by value would go over the stack, twice. Text is borrowed.
template <typename T>
void add_attribute(Span& span, std::string_view key, T value) {
  Attribute& attribute = span.attributes.emplace_back();
  attribute.key = key;
  attribute.value.emplace<std::conditional_t<std::is_same_v<T, const char*>, std::string_view, T>>(
      value);
}

/// A copy that is valid UTF-8; nothing when `text` is empty.
inline void add_text_attribute(Span& span, Arena& arena, std::string_view key,
                               std::string_view text) {
  if (!text.empty()) add_attribute(span, key, copy_valid_text(arena, text));
}

inline int64_t as_number(uint64_t count) {
  return static_cast<int64_t>(std::min<uint64_t>(count, INT64_MAX));
}

inline bool is_server(const wire::ExchangeRecord& exchange) {
  return exchange.role == static_cast<uint8_t>(wire::Role::kServer);
}

/// Ids, parent, kind, flags, trace state and links.
void fill_identity(Span& span, Arena& arena, const wire::ExchangeRecord& exchange,
                   std::string_view trace_state);

/// Start and end. `now_unix_ns`: the collector's clock.
void fill_times(Span& span, const Record& record, const ProducerClock& clock, uint64_t now_unix_ns);

/// network.peer.* and network.transport. Gives the peer's address, empty for an unknown one and
/// for a Unix socket.
std::string_view add_peer(Span& span, Arena& arena, const wire::ExchangeRecord& exchange,
                          std::string_view unix_path);

/// seamtrace.parent.association: `exact`, `root` ...
void add_association(Span& span, const wire::ExchangeRecord& exchange);

}  // namespace seamtrace::collector
