// What holds for the result of a decoder, whatever it was given.
#pragma once

#include <cstdlib>

#include "collector/receive/decoder.h"
#include "collector/support/utf8.h"

namespace seamtrace::collector::testing {

inline constexpr ReceiverLimits kFuzzLimits{
    .most_body = 1 << 20, .most_unpacked = 1 << 20, .most_parts = 2000};

inline void require(bool condition) {
  if (!condition) std::abort();
}

inline void check_attributes(std::span<const Attribute> attributes) {
  for (size_t i = 0; i < attributes.size(); ++i) {
    require(is_valid_utf8(attributes[i].key));
    for (size_t j = 0; j < i; ++j) require(attributes[i].key != attributes[j].key);
    if (const auto* text = std::get_if<std::string_view>(&attributes[i].value))
      require(is_valid_utf8(*text));
    if (const auto* texts = std::get_if<std::span<const std::string_view>>(&attributes[i].value))
      for (const std::string_view text : *texts) require(is_valid_utf8(text));
  }
}

inline void check_span(const Span& span) {
  require(span.trace_id != TraceId{} && span.span_id != SpanId{});
  require(span.start_unix_ns <= span.end_unix_ns && span.end_unix_ns <= INT64_MAX);
  require(span.kind >= SpanKind::kInternal && span.kind <= SpanKind::kConsumer);
  require(span.status <= StatusCode::kError);
  require(span.resource != nullptr && !span.resource->service_name().empty());
  require(is_valid_utf8(span.name) && is_valid_utf8(span.scope));
  require(is_valid_utf8(span.status_message) && is_valid_utf8(span.trace_state));
  check_attributes(span.attributes);
  check_attributes(span.resource->attributes());
  for (const Event& event : span.events) {
    require(is_valid_utf8(event.name));
    check_attributes(event.attributes);
  }
  for (const Link& link : span.links) {
    require(link.trace_id != TraceId{} && link.span_id != SpanId{});
    check_attributes(link.attributes);
  }
}

inline void check(const DecodedRequest& request) {
  require(!request.fault || (request.list.spans.empty() && !request.fault->message.empty()));
  require(request.rejected == 0 || !request.message.empty());
  require(is_valid_utf8(request.message));
  require(request.list.spans.size() <= kFuzzLimits.most_parts);
  for (const Span& span : request.list.spans) check_span(span);
}

}  // namespace seamtrace::collector::testing
