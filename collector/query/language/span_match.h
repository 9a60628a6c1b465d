// SpanMatch: whether one condition holds for one span.
// Path:    query -> [language]
// Owner:   pure functions.
// Source:  docs/query_api.md, "Query language".
#pragma once

#include "collector/interpret/span.h"
#include "collector/query/language/syntax.h"
#include "collector/query/peer_finder.h"

namespace seamtrace::collector {

/// The value of a span's attribute or, where it has none of that name, of its resource's.
const Value* find_attribute(const Span& span, std::string_view key);

// What follows takes the comparison, `unlike` and the minus sign into account.

bool holds_for_text(const Condition& condition, std::string_view text);
bool holds_for_number(const Condition& condition, const Number& number);
bool holds_for_kind(const Condition& condition, SpanKind kind);
bool holds_for_status(const Condition& condition, StatusCode status);

inline bool needs_peers(const Condition& condition) {
  return condition.field == Field::kPeer || condition.field == Field::kPeerId;
}

/// REQUIRES: the condition is not about the trace. `peers`: of the span's trace; may be null unless
/// needs_peers(condition).
bool holds_for_span(const Condition& condition, const Span& span, const PeerFinder* peers);

}  // namespace seamtrace::collector
