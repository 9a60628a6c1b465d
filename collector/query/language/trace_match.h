// TraceMatch: whether a trace matches a query.
// Path:    store -> [language] -> traces
// Owner:   pure functions.
// Memory:  for a query about peers, a table of the trace's server spans; else nothing.
// Source:  docs/query_api.md, "Query language".
#pragma once

#include <span>
#include <string_view>

#include "collector/interpret/span.h"
#include "collector/query/language/syntax.h"
#include "collector/store/trace_row.h"

namespace seamtrace::collector {

/// What the store calls operations that it no longer tells apart, because there are too many.
inline constexpr std::string_view kOtherOperations = "(others)";

enum class RowVerdict : uint8_t {
  kNo,     ///< no span of the trace can match
  kYes,    ///< the trace matches, whatever its spans hold besides
  kMaybe,  ///< matches() has to look at the spans
};

/// What the trace's row in the list tells alone.
RowVerdict check_row(const Query& query, const TraceRow& row);

/// All conditions about the trace hold, and all others for one and the same span.
/// REQUIRES: `row` and `spans` are of the same trace.
bool matches(const Query& query, const TraceRow& row, std::span<const Span> spans);

}  // namespace seamtrace::collector
