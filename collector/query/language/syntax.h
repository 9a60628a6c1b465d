// Query: what a text in the query language means.
// Path:    query text -> parser -> [Query] -> matcher
// Owner:   a value; owns its text.
// Threads: immutable once parsed: any number of threads may match with it.
// Source:  docs/query_api.md, "Query language".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/interpret/span.h"
#include "collector/query/language/number.h"
#include "collector/query/language/text_match.h"

namespace seamtrace::collector {

/// What a condition is about. In the order in which the matcher looks, the cheapest first.
enum class Field : uint8_t {
  kTraceId,
  kTraceDuration,
  kTraceSpans,
  kTraceErrors,
  kRootService,
  kRootName,
  kStatus,
  kKind,
  kDuration,
  kService,
  kName,
  kAssociation,
  kAttribute,
  kPeer,
  kPeerId,
  kText,  ///< anywhere in the span
};

constexpr bool is_about_trace(Field field) { return field <= Field::kRootName; }

enum class Comparison : uint8_t { kEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kContains };

struct Condition {
  Field field = Field::kText;
  std::string key;  ///< of kAttribute
  Comparison comparison = Comparison::kContains;
  bool unlike = false;   ///< != and !~: the thing is there, and the comparison does not hold
  bool negated = false;  ///< a minus sign: whatever the rest says does not hold

  std::string text;              ///< the value, in lower case; of kContains and orders of text
  Pattern pattern;               ///< the value, of kEqual
  std::optional<Number> number;  ///< the value as a number; a duration is in nanoseconds
  StatusCode status = StatusCode::kUnset;  ///< of kStatus
  SpanKind kind = SpanKind::kInternal;     ///< of kKind
};

struct Query {
  std::vector<Condition> conditions;  ///< all must hold; by field
};

/// Where a text could not be understood, and what to do about it.
struct SyntaxError {
  size_t position = 0;  ///< in bytes
  size_t length = 0;    ///< in bytes; 0: something is missing at the position
  std::string message;
};

}  // namespace seamtrace::collector
