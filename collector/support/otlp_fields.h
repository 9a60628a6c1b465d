// OTLP's field numbers, by message: one table for the encoder and the decoder.
// Path:    export/otlp, receive
// Source:  OTLP 1.11, opentelemetry/proto/{trace,common,resource,collector/trace}/v1.
#pragma once

#include <cstdint>

namespace seamtrace::collector::otlp_fields {

enum Request : uint32_t { kResourceSpans = 1 };
enum ResourceSpans : uint32_t { kResource = 1, kScopeSpans = 2 };
enum ResourceField : uint32_t { kResourceAttributes = 1 };
enum ScopeSpans : uint32_t { kScope = 1, kSpans = 2 };
enum Scope : uint32_t { kScopeName = 1, kScopeVersion = 2, kScopeAttributes = 3 };
enum SpanField : uint32_t {
  kTraceId = 1,
  kSpanId = 2,
  kTraceState = 3,
  kParentSpanId = 4,
  kName = 5,
  kKind = 6,
  kStartTime = 7,
  kEndTime = 8,
  kAttributes = 9,
  kDroppedAttributes = 10,
  kEvents = 11,
  kDroppedEvents = 12,
  kLinks = 13,
  kDroppedLinks = 14,
  kStatus = 15,
  kFlags = 16,
};
enum EventField : uint32_t {
  kEventTime = 1,
  kEventName = 2,
  kEventAttributes = 3,
  kEventDroppedAttributes = 4,
};
enum LinkField : uint32_t {
  kLinkTraceId = 1,
  kLinkSpanId = 2,
  kLinkTraceState = 3,
  kLinkAttributes = 4,
  kLinkDroppedAttributes = 5,
  kLinkFlags = 6,
};
enum StatusField : uint32_t { kStatusMessage = 2, kStatusCode = 3 };
enum KeyValue : uint32_t { kKey = 1, kValue = 2 };
enum AnyValue : uint32_t {
  kString = 1,
  kBool = 2,
  kInt = 3,
  kDouble = 4,
  kArray = 5,
  kMap = 6,
  kBytes = 7,
};
enum ListValue : uint32_t { kValues = 1 };  ///< of ArrayValue and KeyValueList alike
enum Response : uint32_t { kPartialSuccess = 1 };
enum PartialSuccessField : uint32_t { kRejectedSpans = 1, kErrorMessage = 2 };

}  // namespace seamtrace::collector::otlp_fields
