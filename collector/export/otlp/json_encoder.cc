#include <cassert>
#include <charconv>
#include <nlohmann/json.hpp>

#include "collector/export/json_writer.h"
#include "collector/export/otlp/otlp_encoder.h"
#include "collector/export/otlp/span_groups.h"
#include "collector/export/text.h"
#include "collector/process/resource.h"
#include "collector/support/version.h"

namespace seamtrace::collector {

namespace {

void add_text(JsonWriter& json, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  json.key(key);
  json.string(text);
}

void add_number(JsonWriter& json, std::string_view key, uint64_t number) {
  json.key(key);
  json.number(number);
}

void add_count(JsonWriter& json, std::string_view key, uint32_t count) {
  if (count != 0) add_number(json, key, count);
}

void add_time(JsonWriter& json, std::string_view key, uint64_t time) {
  json.key(key);
  json.integer_string(time);
}

template <size_t kSize>
void add_id(JsonWriter& json, std::string_view key, const std::array<uint8_t, kSize>& id) {
  json.key(key);
  json.string(to_hex(id));
}

void add_value(JsonWriter& json, const Value& value) {
  json.begin_object();
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    json.key("stringValue");
    json.string(*text);
  } else if (const auto* integer = std::get_if<int64_t>(&value)) {
    json.key("intValue");
    json.integer_string(*integer);
  } else if (const auto* boolean = std::get_if<bool>(&value)) {
    json.key("boolValue");
    json.boolean(*boolean);
  } else if (const auto* real = std::get_if<double>(&value)) {
    json.key("doubleValue");
    json.number(*real);
  } else {
    json.key("arrayValue");
    json.begin_object();
    json.key("values");
    json.begin_array();
    for (const auto element : std::get<std::span<const std::string_view>>(value)) {
      json.begin_object();
      json.key("stringValue");
      json.string(element);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_object();
}

void add_attributes(JsonWriter& json, std::span<const Attribute> attributes) {
  if (attributes.empty()) return;
  json.key("attributes");
  json.begin_array();
  for (const Attribute& attribute : attributes) {
    json.begin_object();
    json.key("key");
    json.string(attribute.key);
    json.key("value");
    add_value(json, attribute.value);
    json.end_object();
  }
  json.end_array();
}

void add_events(JsonWriter& json, std::span<const Event> events) {
  if (events.empty()) return;
  json.key("events");
  json.begin_array();
  for (const Event& event : events) {
    json.begin_object();
    add_time(json, "timeUnixNano", event.time_unix_ns);
    add_text(json, "name", event.name);
    add_attributes(json, event.attributes);
    add_count(json, "droppedAttributesCount", event.dropped_attributes);
    json.end_object();
  }
  json.end_array();
}

void add_links(JsonWriter& json, std::span<const Link> links) {
  if (links.empty()) return;
  json.key("links");
  json.begin_array();
  for (const Link& link : links) {
    json.begin_object();
    add_id(json, "traceId", link.trace_id);
    add_id(json, "spanId", link.span_id);
    add_text(json, "traceState", link.trace_state);
    add_attributes(json, link.attributes);
    add_count(json, "droppedAttributesCount", link.dropped_attributes);
    add_number(json, "flags", kSpanFlagHasIsRemote | (link.remote ? kSpanFlagIsRemote : 0));
    json.end_object();
  }
  json.end_array();
}

void add_span(JsonWriter& json, const Span& span) {
  json.begin_object();
  add_id(json, "traceId", span.trace_id);
  add_id(json, "spanId", span.span_id);
  add_text(json, "traceState", span.trace_state);
  if (!is_zero(span.parent_span_id)) add_id(json, "parentSpanId", span.parent_span_id);
  add_number(json, "flags", otlp_span_flags(span));
  add_text(json, "name", span.name);
  add_number(json, "kind", static_cast<uint64_t>(span.kind));
  add_time(json, "startTimeUnixNano", span.start_unix_ns);
  add_time(json, "endTimeUnixNano", span.end_unix_ns);
  add_attributes(json, span.attributes);
  add_count(json, "droppedAttributesCount", span.dropped_attributes);
  add_events(json, span.events);
  add_count(json, "droppedEventsCount", span.dropped_events);
  add_links(json, span.links);
  add_count(json, "droppedLinksCount", span.dropped_links);
  json.key("status");
  json.begin_object();
  if (span.status != StatusCode::kUnset) {
    add_text(json, "message", span.status_message);
    add_number(json, "code", static_cast<uint64_t>(span.status));
  }
  json.end_object();
  json.end_object();
}

void add_scope(JsonWriter& json, const ScopeGroup& group) {
  json.begin_object();
  json.key("scope");
  json.begin_object();
  add_text(json, "name", group.scope);
  add_text(json, "version", kVersion);
  json.end_object();
  json.key("spans");
  json.begin_array();
  for (const Span* span : group.spans) add_span(json, *span);
  json.end_array();
  json.end_object();
}

}  // namespace

std::string encode_otlp_json(std::span<const Span* const> spans) {
  assert(!spans.empty());
  std::string body;
  body.reserve(spans.size() * 1024);
  JsonWriter json(body);
  json.begin_object();
  json.key("resourceSpans");
  json.begin_array();
  for (const ResourceGroup& group : group_spans(spans)) {
    json.begin_object();
    json.key("resource");
    json.begin_object();
    if (group.resource != nullptr) add_attributes(json, group.resource->attributes());
    json.end_object();
    json.key("scopeSpans");
    json.begin_array();
    for (const ScopeGroup& scope : group.scopes) add_scope(json, scope);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return body;
}

PartialSuccess parse_partial_success_json(std::string_view body) {
  PartialSuccess result;
  const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return result;
  const auto partial = json.find("partialSuccess");
  if (partial == json.end() || !partial->is_object()) return result;
  if (const auto count = partial->find("rejectedSpans"); count != partial->end()) {
    if (count->is_number_integer()) result.rejected_spans = count->get<int64_t>();
    if (count->is_string()) {
      const auto& text = count->get_ref<const std::string&>();
      std::from_chars(text.data(), text.data() + text.size(), result.rejected_spans);
    }
  }
  if (const auto message = partial->find("errorMessage");
      message != partial->end() && message->is_string())
    result.message = message->get<std::string>();
  return result;
}

}  // namespace seamtrace::collector
