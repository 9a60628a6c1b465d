#include <bit>
#include <cassert>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "collector/export/otlp/otlp_encoder.h"
#include "collector/export/otlp/span_groups.h"
#include "collector/export/text.h"
#include "collector/process/resource.h"
#include "collector/support/version.h"

namespace seamtrace::collector {

namespace {

using protozero::pbf_writer;

// Field numbers, by message.
enum Request : uint32_t { kResourceSpans = 1 };
enum ResourceSpans : uint32_t { kResource = 1, kScopeSpans = 2 };
enum ResourceField : uint32_t { kResourceAttributes = 1 };
enum ScopeSpans : uint32_t { kScope = 1, kSpans = 2 };
enum Scope : uint32_t { kScopeName = 1, kScopeVersion = 2 };
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
};
enum ArrayValue : uint32_t { kValues = 1 };
enum Response : uint32_t { kPartialSuccess = 1 };
enum PartialSuccessField : uint32_t { kRejectedSpans = 1, kErrorMessage = 2 };

template <size_t kSize>
void add_id(pbf_writer& out, uint32_t field, const std::array<uint8_t, kSize>& id) {
  out.add_bytes(field, reinterpret_cast<const char*>(id.data()), id.size());
}

void add_text(pbf_writer& out, uint32_t field, std::string_view text) {
  if (text.empty()) return;
  std::string storage;
  text = as_utf8(text, storage);
  out.add_string(field, text.data(), text.size());
}

void add_count(pbf_writer& out, uint32_t field, uint32_t count) {
  if (count != 0) out.add_uint32(field, count);
}

/// A value is a oneof: unlike other fields it is written also when it is empty.
void add_string_value(pbf_writer& out, std::string_view text) {
  std::string storage;
  text = as_utf8(text, storage);
  out.add_string(kString, text.data(), text.size());
}

void add_attributes(pbf_writer& out, uint32_t field, std::span<const Attribute> attributes) {
  for (const Attribute& attribute : attributes) {
    pbf_writer pair(out, field);
    add_text(pair, kKey, attribute.key);
    pbf_writer value(pair, kValue);
    if (const auto* text = std::get_if<std::string_view>(&attribute.value)) {
      add_string_value(value, *text);
    } else if (const auto* integer = std::get_if<int64_t>(&attribute.value)) {
      value.add_int64(kInt, *integer);
    } else if (const auto* boolean = std::get_if<bool>(&attribute.value)) {
      value.add_bool(kBool, *boolean);
    } else if (const auto* real = std::get_if<double>(&attribute.value)) {
      value.add_double(kDouble, *real);
    } else {
      pbf_writer array(value, kArray);
      for (const auto each : std::get<std::span<const std::string_view>>(attribute.value)) {
        pbf_writer element(array, kValues);
        add_string_value(element, each);
      }
    }
  }
}

void add_event(pbf_writer& span, const Event& event) {
  pbf_writer out(span, kEvents);
  out.add_fixed64(kEventTime, event.time_unix_ns);
  add_text(out, kEventName, event.name);
  add_attributes(out, kEventAttributes, event.attributes);
  add_count(out, kEventDroppedAttributes, event.dropped_attributes);
}

void add_link(pbf_writer& span, const Link& link) {
  pbf_writer out(span, kLinks);
  add_id(out, kLinkTraceId, link.trace_id);
  add_id(out, kLinkSpanId, link.span_id);
  add_text(out, kLinkTraceState, link.trace_state);
  add_attributes(out, kLinkAttributes, link.attributes);
  add_count(out, kLinkDroppedAttributes, link.dropped_attributes);
  out.add_fixed32(kLinkFlags, kSpanFlagHasIsRemote | (link.remote ? kSpanFlagIsRemote : 0));
}

void add_span(pbf_writer& scope, const Span& span) {
  pbf_writer out(scope, kSpans);
  add_id(out, kTraceId, span.trace_id);
  add_id(out, kSpanId, span.span_id);
  add_text(out, kTraceState, span.trace_state);
  if (!is_zero(span.parent_span_id)) add_id(out, kParentSpanId, span.parent_span_id);
  add_text(out, kName, span.name);
  out.add_enum(kKind, static_cast<int32_t>(span.kind));
  out.add_fixed64(kStartTime, span.start_unix_ns);
  out.add_fixed64(kEndTime, span.end_unix_ns);
  add_attributes(out, kAttributes, span.attributes);
  add_count(out, kDroppedAttributes, span.dropped_attributes);
  for (const Event& event : span.events) add_event(out, event);
  add_count(out, kDroppedEvents, span.dropped_events);
  for (const Link& link : span.links) add_link(out, link);
  add_count(out, kDroppedLinks, span.dropped_links);
  if (span.status != StatusCode::kUnset) {
    pbf_writer status(out, kStatus);
    add_text(status, kStatusMessage, span.status_message);
    status.add_enum(kStatusCode, static_cast<int32_t>(span.status));
  }
  out.add_fixed32(kFlags, otlp_span_flags(span));
}

}  // namespace

uint32_t otlp_span_flags(const Span& span) {
  return span.trace_flags | kSpanFlagHasIsRemote | (span.parent_remote ? kSpanFlagIsRemote : 0);
}

std::string encode_otlp_protobuf(std::span<const Span* const> spans) {
  assert(!spans.empty());
  std::string body;
  body.reserve(spans.size() * 512);
  pbf_writer request(body);
  for (const ResourceGroup& group : group_spans(spans)) {
    pbf_writer resource_spans(request, kResourceSpans);
    if (group.resource != nullptr) {
      pbf_writer resource(resource_spans, kResource);
      add_attributes(resource, kResourceAttributes, group.resource->attributes());
    }
    for (const ScopeGroup& scope_group : group.scopes) {
      pbf_writer scope_spans(resource_spans, kScopeSpans);
      {
        pbf_writer scope(scope_spans, kScope);
        add_text(scope, kScopeName, scope_group.scope);
        add_text(scope, kScopeVersion, kVersion);
      }
      for (const Span* span : scope_group.spans) add_span(scope_spans, *span);
    }
  }
  return body;
}

PartialSuccess parse_partial_success_protobuf(std::string_view body) {
  PartialSuccess result;
  try {
    protozero::pbf_reader response(body.data(), body.size());
    while (response.next(kPartialSuccess)) {
      protozero::pbf_reader partial = response.get_message();
      while (partial.next()) {
        switch (partial.tag_and_type()) {
          case protozero::tag_and_type(kRejectedSpans, protozero::pbf_wire_type::varint):
            result.rejected_spans = partial.get_int64();
            break;
          case protozero::tag_and_type(kErrorMessage, protozero::pbf_wire_type::length_delimited):
            result.message = partial.get_string();
            break;
          default:
            partial.skip();
        }
      }
    }
  } catch (const protozero::exception&) {
    return {};
  }
  return result;
}

}  // namespace seamtrace::collector
