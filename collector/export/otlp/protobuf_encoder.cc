#include <bit>
#include <cassert>
#include <protozero/pbf_reader.hpp>

#include "collector/export/otlp/otlp_encoder.h"
#include "collector/export/otlp/protobuf_writer.h"
#include "collector/export/otlp/span_groups.h"
#include "collector/export/text.h"
#include "collector/process/resource.h"
#include "collector/support/otlp_fields.h"
#include "collector/support/version.h"

namespace seamtrace::collector {

namespace {

using namespace otlp_fields;

// Guesses at how many bytes the length of a message takes.
constexpr size_t kShort = 1;     ///< up to 127 bytes
constexpr size_t kSpanSize = 2;  ///< up to 16 KiB
constexpr size_t kListSize = 3;  ///< up to 2 MiB

void add_text(ProtobufWriter& out, uint32_t field, std::string_view text) {
  if (text.empty()) return;
  std::string storage;
  out.add_bytes(field, as_utf8(text, storage));
}

void add_count(ProtobufWriter& out, uint32_t field, uint32_t count) {
  if (count != 0) out.add_varint(field, count);
}

/// The attribute's message with an AnyValue of `value_size` bytes, of which `put` writes what
/// follows the size. Sizes are computed, so nothing has to be moved.
template <typename Put>
void add_pair(ProtobufWriter& out, uint32_t field, std::string_view key, size_t value_size,
              Put put) {
  const size_t key_size = key.empty() ? 0 : 1 + varint_size(key.size()) + key.size();
  const size_t size = key_size + 1 + varint_size(value_size) + value_size;
  char* at = out.room(5 * ProtobufWriter::kLongestVarint + size);
  at = ProtobufWriter::put_tag(at, field, WireType::kLength);
  at = ProtobufWriter::put_varint(at, size);
  if (!key.empty()) at = ProtobufWriter::put_bytes(at, kKey, key);
  at = ProtobufWriter::put_tag(at, kValue, WireType::kLength);
  at = ProtobufWriter::put_varint(at, value_size);
  out.advance_to(put(at));
}

void add_number(ProtobufWriter& out, uint32_t field, std::string_view key, uint32_t value_field,
                uint64_t value) {
  add_pair(out, field, key, 1 + varint_size(value), [&](char* at) {
    at = ProtobufWriter::put_tag(at, value_field, WireType::kVarint);
    return ProtobufWriter::put_varint(at, value);
  });
}

void add_array(ProtobufWriter& out, std::span<const std::string_view> texts) {
  out.add_message(kValue, kShort, [&] {
    out.add_message(kArray, kShort, [&] {
      for (const std::string_view text : texts) {
        out.add_message(kValues, kShort, [&] {
          std::string storage;
          out.add_bytes(kString, as_utf8(text, storage));
        });
      }
    });
  });
}

/// A value is a oneof: unlike other fields it is written also when it is empty.
void add_attribute(ProtobufWriter& out, uint32_t field, const Attribute& attribute) {
  std::string key_storage, storage;
  const std::string_view key = as_utf8(attribute.key, key_storage);
  if (const auto* text = std::get_if<std::string_view>(&attribute.value)) {
    const std::string_view value = as_utf8(*text, storage);
    add_pair(out, field, key, 1 + varint_size(value.size()) + value.size(),
             [&](char* at) { return ProtobufWriter::put_bytes(at, kString, value); });
  } else if (const auto* integer = std::get_if<int64_t>(&attribute.value)) {
    add_number(out, field, key, kInt, static_cast<uint64_t>(*integer));
  } else if (const auto* boolean = std::get_if<bool>(&attribute.value)) {
    add_number(out, field, key, kBool, *boolean ? 1 : 0);
  } else {
    out.add_message(field, kShort, [&] {
      add_text(out, kKey, key);
      if (const auto* real = std::get_if<double>(&attribute.value))
        out.add_message(kValue, kShort,
                        [&] { out.add_fixed64(kDouble, std::bit_cast<uint64_t>(*real)); });
      else
        add_array(out, std::get<std::span<const std::string_view>>(attribute.value));
    });
  }
}

void add_attributes(ProtobufWriter& out, uint32_t field, std::span<const Attribute> attributes) {
  for (const Attribute& attribute : attributes) add_attribute(out, field, attribute);
}

void add_event(ProtobufWriter& out, const Event& event) {
  out.add_message(kEvents, kShort, [&] {
    out.add_fixed64(kEventTime, event.time_unix_ns);
    add_text(out, kEventName, event.name);
    add_attributes(out, kEventAttributes, event.attributes);
    add_count(out, kEventDroppedAttributes, event.dropped_attributes);
  });
}

void add_link(ProtobufWriter& out, const Link& link) {
  out.add_message(kLinks, kShort, [&] {
    out.add_id(kLinkTraceId, link.trace_id);
    out.add_id(kLinkSpanId, link.span_id);
    add_text(out, kLinkTraceState, link.trace_state);
    add_attributes(out, kLinkAttributes, link.attributes);
    add_count(out, kLinkDroppedAttributes, link.dropped_attributes);
    out.add_fixed32(kLinkFlags, kSpanFlagHasIsRemote | (link.remote ? kSpanFlagIsRemote : 0));
  });
}

void add_span(ProtobufWriter& out, const Span& span) {
  out.add_message(kSpans, kSpanSize, [&] {
    out.add_id(kTraceId, span.trace_id);
    out.add_id(kSpanId, span.span_id);
    add_text(out, kTraceState, span.trace_state);
    if (!is_zero(span.parent_span_id)) out.add_id(kParentSpanId, span.parent_span_id);
    add_text(out, kName, span.name);
    out.add_varint(kKind, static_cast<uint32_t>(span.kind));
    out.add_fixed64(kStartTime, span.start_unix_ns);
    out.add_fixed64(kEndTime, span.end_unix_ns);
    add_attributes(out, kAttributes, span.attributes);
    add_count(out, kDroppedAttributes, span.dropped_attributes);
    for (const Event& event : span.events) add_event(out, event);
    add_count(out, kDroppedEvents, span.dropped_events);
    for (const Link& link : span.links) add_link(out, link);
    add_count(out, kDroppedLinks, span.dropped_links);
    if (span.status != StatusCode::kUnset) {
      out.add_message(kStatus, kShort, [&] {
        add_text(out, kStatusMessage, span.status_message);
        out.add_varint(kStatusCode, static_cast<uint32_t>(span.status));
      });
    }
    out.add_fixed32(kFlags, otlp_span_flags(span));
  });
}

void add_scope(ProtobufWriter& out, const ScopeGroup& group) {
  out.add_message(kScopeSpans, kListSize, [&] {
    out.add_message(kScope, kShort, [&] {
      add_text(out, kScopeName, group.scope);
      add_text(out, kScopeVersion, kVersion);
    });
    for (const Span* span : group.spans) add_span(out, *span);
  });
}

}  // namespace

uint32_t otlp_span_flags(const Span& span) {
  return span.trace_flags | kSpanFlagHasIsRemote | (span.parent_remote ? kSpanFlagIsRemote : 0);
}

std::string_view encode_otlp_protobuf(std::span<const Span* const> spans, std::string& buffer) {
  assert(!spans.empty());
  ProtobufWriter out(buffer);
  for (const ResourceGroup& group : group_spans(spans)) {
    out.add_message(kResourceSpans, kListSize, [&] {
      if (group.resource != nullptr)
        out.add_message(kResource, kSpanSize, [&] {
          add_attributes(out, kResourceAttributes, group.resource->attributes());
        });
      for (const ScopeGroup& scope : group.scopes) add_scope(out, scope);
    });
  }
  return out.written();
}

std::string encode_otlp_protobuf(std::span<const Span* const> spans) {
  std::string buffer;
  return std::string(encode_otlp_protobuf(spans, buffer));
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
