// OtlpEncoder: spans -> the body of an OTLP trace export request.
// Path:    process -> [export/otlp] -> back end
// Memory:  borrows the spans for the call; returns a fresh string.
// Failure: none; text that is not UTF-8 gets U+FFFD, because a receiver refuses
//          a whole protobuf message for one bad string.
// Source:  OTLP 1.11, opentelemetry/proto/trace/v1/trace.proto and
//          collector/trace/v1/trace_service.proto; JSON protobuf encoding.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "collector/interpret/span.h"

namespace seamtrace::collector {

inline constexpr uint32_t kSpanFlagHasIsRemote = 0x100;
inline constexpr uint32_t kSpanFlagIsRemote = 0x200;

/// W3C trace flags in the low byte, and whether the parent is remote.
uint32_t otlp_span_flags(const Span& span);

/// `spans` may come from several processes. REQUIRES: it is not empty (no empty envelopes).
std::string encode_otlp_protobuf(std::span<const Span* const> spans);
/// The same into a buffer that is kept for the next time; the result borrows from it.
std::string_view encode_otlp_protobuf(std::span<const Span* const> spans, std::string& buffer);
std::string encode_otlp_json(std::span<const Span* const> spans);

/// What a receiver answers with status 200.
struct PartialSuccess {
  int64_t rejected_spans = 0;
  std::string message;
};

/// Both return an empty result for a body that is empty or malformed: the request was accepted.
PartialSuccess parse_partial_success_protobuf(std::string_view body);
PartialSuccess parse_partial_success_json(std::string_view body);

}  // namespace seamtrace::collector
