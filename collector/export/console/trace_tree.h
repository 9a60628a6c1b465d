// TraceTree: the spans of one trace as a tree that a person can read.
// Path:    process -> [export/console] -> terminal
// Threads: pure functions over values.
// Memory:  owns copies: a span must be readable after its batch was given back.
// Failure: cycles and missing parents make more roots, never a loop.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collector/interpret/span.h"

namespace seamtrace::collector {

/// What the tree shows of a span.
struct TreeSpan {
  TraceId trace_id{};
  SpanId span_id{};
  SpanId parent_span_id{};
  bool parent_remote = false;
  SpanKind kind = SpanKind::kInternal;
  bool failed = false;
  uint64_t start_unix_ns = 0;
  uint64_t end_unix_ns = 0;
  std::string service;
  std::string name;
  std::string path;    ///< of an HTTP request; the whole address on a client span
  std::string status;  ///< response status code
  std::string error;   ///< in words
};

TreeSpan tree_span(const Span& span);

/// One line for the trace and one for each span, children by start time. Every line ends in a
/// line feed; texts of spans cannot contain one, nor any other control character.
/// REQUIRES: all spans have one trace id and there is at least one.
std::string render_trace(std::vector<TreeSpan> spans, bool colour);

}  // namespace seamtrace::collector
