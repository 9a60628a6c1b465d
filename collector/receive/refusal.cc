#include "collector/receive/refusal.h"

namespace seamtrace::collector {

std::string_view refusal_name(Refusal refusal) {
  switch (refusal) {
    case Refusal::kMalformed:
      return "malformed";
    case Refusal::kTooLarge:
      return "too_large";
    case Refusal::kContentType:
      return "content_type";
    case Refusal::kEncoding:
      return "encoding";
    case Refusal::kMethod:
      return "method";
    case Refusal::kNotTraces:
      return "not_traces";
    case Refusal::kNotGrpc:
      return "not_grpc";
    case Refusal::kTimeout:
      return "timeout";
    case Refusal::kBusy:
      return "busy";
    case Refusal::kTraceId:
      return "span_trace_id";
    case Refusal::kSpanId:
      return "span_span_id";
    case Refusal::kParentSpanId:
      return "span_parent_span_id";
    case Refusal::kTime:
      return "span_time";
    case Refusal::kField:
      return "span_field";
  }
  return "unknown";
}

}  // namespace seamtrace::collector
