// Detail: what tells a span from others of the same name.
// Path:    store -> [query/traces] -> lists of traces, waterfalls
//
// The conventions keep names few: a request is called `GET` where no route is known. People look
// for
// `/cart/7`.
#pragma once

#include <string_view>

#include "collector/interpret/span.h"

namespace seamtrace::collector::traces {

/// The path of an HTTP request whose name does not hold one; empty for all other spans. Borrows
/// from the span.
std::string_view detail_of(const Span& span);

/// Of the trace's root, as TraceRow has it: the earliest span without a parent among them.
std::string_view root_detail(const SpanList& trace);

}  // namespace seamtrace::collector::traces
