// SpanJson: one span as one JSON object on one line, for people and for jq.
// Path:    process -> [export/console] -> stdout
// Memory:  appends to the caller's string.
// Failure: none; what is not UTF-8 gets U+FFFD, control characters are escaped.
//
//   {"trace_id","span_id","parent_span_id" (null on a root),"name","kind","start","end" (ISO),
//    "start_unix_ns","end_unix_ns","duration_ns","status":{"code","message"},"attributes":{},
//    "events":[],"links":[],"scope","association","trace_state","resource":{}}
#pragma once

#include <string>

#include "collector/interpret/span.h"

namespace seamtrace::collector {

/// Appends the object and a line feed.
void append_span_json(std::string& out, const Span& span);

}  // namespace seamtrace::collector
