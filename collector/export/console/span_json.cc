#include "collector/export/console/span_json.h"

#include "collector/export/json_writer.h"
#include "collector/export/text.h"
#include "collector/process/resource.h"

namespace seamtrace::collector {

namespace {

std::string_view kind_name(SpanKind kind) {
  switch (kind) {
    case SpanKind::kServer:
      return "server";
    case SpanKind::kClient:
      return "client";
    case SpanKind::kProducer:
      return "producer";
    case SpanKind::kConsumer:
      return "consumer";
    case SpanKind::kInternal:
      return "internal";
  }
  return "internal";
}

std::string_view status_name(StatusCode code) {
  switch (code) {
    case StatusCode::kUnset:
      return "unset";
    case StatusCode::kOk:
      return "ok";
    case StatusCode::kError:
      return "error";
  }
  return "unset";
}

std::string_view association_name(wire::Association association) {
  switch (association) {
    case wire::Association::kRoot:
      return "root";
    case wire::Association::kRemote:
      return "remote";
    case wire::Association::kExact:
      return "exact";
    case wire::Association::kHandoff:
      return "handoff";
    case wire::Association::kRuntime:
      return "runtime";
    case wire::Association::kInferred:
      return "inferred";
    case wire::Association::kEnvironment:
      return "environment";
    case wire::Association::kAdopted:
      return "adopted";
  }
  return "root";
}

void add_text(JsonWriter& json, std::string_view key, std::string_view text) {
  json.key(key);
  json.string(text);
}

void add_value(JsonWriter& json, const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    json.string(*text);
  } else if (const auto* integer = std::get_if<int64_t>(&value)) {
    json.number(*integer);
  } else if (const auto* boolean = std::get_if<bool>(&value)) {
    json.boolean(*boolean);
  } else if (const auto* real = std::get_if<double>(&value)) {
    json.number(*real);
  } else {
    json.begin_array();
    for (const auto each : std::get<std::span<const std::string_view>>(value)) json.string(each);
    json.end_array();
  }
}

void add_attributes(JsonWriter& json, std::string_view key, std::span<const Attribute> attributes) {
  json.key(key);
  json.begin_object();
  for (const Attribute& attribute : attributes) {
    json.key(attribute.key);
    add_value(json, attribute.value);
  }
  json.end_object();
}

void add_events(JsonWriter& json, std::span<const Event> events) {
  json.key("events");
  json.begin_array();
  for (const Event& event : events) {
    json.begin_object();
    add_text(json, "time", to_iso_time(event.time_unix_ns));
    add_text(json, "name", event.name);
    add_attributes(json, "attributes", event.attributes);
    json.end_object();
  }
  json.end_array();
}

void add_links(JsonWriter& json, std::span<const Link> links) {
  json.key("links");
  json.begin_array();
  for (const Link& link : links) {
    json.begin_object();
    add_text(json, "trace_id", to_hex(link.trace_id));
    add_text(json, "span_id", to_hex(link.span_id));
    add_attributes(json, "attributes", link.attributes);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void append_span_json(std::string& out, const Span& span) {
  JsonWriter json(out);
  json.begin_object();
  add_text(json, "trace_id", to_hex(span.trace_id));
  add_text(json, "span_id", to_hex(span.span_id));
  json.key("parent_span_id");
  if (is_zero(span.parent_span_id))
    json.null();
  else
    json.string(to_hex(span.parent_span_id));
  add_text(json, "name", span.name);
  add_text(json, "kind", kind_name(span.kind));
  add_text(json, "start", to_iso_time(span.start_unix_ns));
  add_text(json, "end", to_iso_time(span.end_unix_ns));
  json.key("start_unix_ns");
  json.number(span.start_unix_ns);
  json.key("end_unix_ns");
  json.number(span.end_unix_ns);
  json.key("duration_ns");
  json.number(span.end_unix_ns > span.start_unix_ns ? span.end_unix_ns - span.start_unix_ns
                                                    : uint64_t{0});
  json.key("status");
  json.begin_object();
  add_text(json, "code", status_name(span.status));
  if (!span.status_message.empty()) add_text(json, "message", span.status_message);
  json.end_object();
  add_attributes(json, "attributes", span.attributes);
  if (!span.events.empty()) add_events(json, span.events);
  if (!span.links.empty()) add_links(json, span.links);
  add_text(json, "scope", span.scope);
  add_text(json, "association", association_name(span.association));
  if (!span.trace_state.empty()) add_text(json, "trace_state", span.trace_state);
  if (span.resource != nullptr) add_attributes(json, "resource", span.resource->attributes());
  json.end_object();
  out += '\n';
}

}  // namespace seamtrace::collector
