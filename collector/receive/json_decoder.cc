#include <limits>
#include <utility>

#include "collector/receive/decoder.h"
#include "collector/receive/json_value.h"
#include "collector/support/utf8.h"

namespace seamtrace::collector {
namespace {

using nlohmann::json;

constexpr uint64_t kMostCount = std::numeric_limits<uint32_t>::max();
/// A level of a value is an object, a list and its array; the envelope and a span come on top.
constexpr size_t kMostJsonDepth = 16 + 4 * kMostDepth;
/// An attribute is four values, of about a hundred bytes each while a request is decoded: fewer
/// parts fit into JSON than into protobuf.
constexpr size_t kJsonValuesPerPart = 3;

constexpr std::string_view kKinds[] = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
                                       "SPAN_KIND_SERVER",      "SPAN_KIND_CLIENT",
                                       "SPAN_KIND_PRODUCER",    "SPAN_KIND_CONSUMER"};
constexpr std::string_view kStatuses[] = {"STATUS_CODE_UNSET", "STATUS_CODE_OK",
                                          "STATUS_CODE_ERROR"};

/// Goes over a text without keeping anything of it. What goes wrong is left to the parser.
class JsonMeter : public nlohmann::json_sax<json> {
 public:
  explicit JsonMeter(size_t most_values) : most_values_(most_values) {}

  bool null() override { return count(); }
  bool boolean(bool) override { return count(); }
  bool number_integer(number_integer_t) override { return count(); }
  bool number_unsigned(number_unsigned_t) override { return count(); }
  bool number_float(number_float_t, const string_t&) override { return count(); }
  bool string(string_t&) override { return count(); }
  bool binary(binary_t&) override { return count(); }
  bool start_object(size_t) override { return enter(); }
  bool start_array(size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool key(string_t&) override { return true; }
  bool parse_error(size_t, const std::string&, const json::exception&) override { return false; }

 private:
  bool count() {
    if (++values_ <= most_values_) return true;
    throw RequestFault{
        Refusal::kTooLarge,
        "the JSON has more than " + std::to_string(most_values_) + " values; send smaller batches"};
  }
  bool enter() {
    if (++depth_ <= kMostJsonDepth) return count();
    throw RequestFault{Refusal::kMalformed, "the JSON is nested too deeply"};
  }
  bool leave() {
    --depth_;
    return true;
  }

  const size_t most_values_;
  size_t values_ = 0;
  size_t depth_ = 0;
};

/// Parses, within bounds of depth and size. Malformed UTF-8 becomes U+FFFD.
json parse(std::string_view body, const ReceiverLimits& limits) {
  std::string storage;
  if (!is_valid_utf8(body)) body = storage = valid_utf8(body);
  JsonMeter meter(limits.most_parts * kJsonValuesPerPart);
  json::sax_parse(body.begin(), body.end(), &meter);
  return json::parse(body.begin(), body.end());
}

class JsonDecoder {
 public:
  JsonDecoder(ResourceCache& resources, const ReceiverLimits& limits)
      : builder_(resources, limits) {}

  DecodedRequest decode(const json& request) {
    if (!request.is_object())
      throw RequestFault{Refusal::kMalformed, "the JSON is not an object with resourceSpans"};
    for (const json& resource_spans : json_array(request, "resourceSpans"))
      read_resource_spans(resource_spans);
    return builder_.finish();
  }

 private:
  std::string_view text(const json& object, const char* name) {
    return copy_text(builder_.arena(), json_text(object, name));
  }

  static uint32_t count(const json& object, const char* name) {
    return static_cast<uint32_t>(json_unsigned(object, name, kMostCount));
  }

  static uint64_t time(const json& object, const char* name) {
    return json_unsigned(object, name, std::numeric_limits<uint64_t>::max());
  }

  void read_resource_spans(const json& object) {
    check_element(object, "resourceSpans");
    std::pmr::vector<Attribute> attributes(&builder_.arena());
    if (const json* resource = json_member(object, "resource")) {
      check_object(*resource, "resource");
      AttributeList list(attributes);
      read_json_attributes(builder_, *resource, list);
    }
    builder_.set_resource(attributes);
    for (const json& scope_spans : json_array(object, "scopeSpans")) read_scope_spans(scope_spans);
  }

  void read_scope_spans(const json& object) {
    check_element(object, "scopeSpans");
    ScopeParts scope(&builder_.arena());
    if (const json* member = json_member(object, "scope")) {
      check_object(*member, "scope");
      scope.name = text(*member, "name");
      scope.version = text(*member, "version");
      AttributeList list(scope.attributes);
      read_json_attributes(builder_, *member, list, kScopePrefix);
    }
    builder_.set_scope(&scope);
    for (const json& span : json_array(object, "spans")) {
      Span& made = builder_.begin_span();
      try {
        check_element(span, "spans");
        read_span(span, made);
      } catch (const SpanFault& fault) {
        builder_.reject_span(fault);
      }
    }
    builder_.set_scope(nullptr);
  }

  void read_span(const json& object, Span& span) {
    SpanHead head;
    const std::string trace_id = json_id(object, "traceId", Refusal::kTraceId);
    const std::string span_id = json_id(object, "spanId", Refusal::kSpanId);
    const std::string parent = json_id(object, "parentSpanId", Refusal::kParentSpanId);
    head.trace_id = trace_id;
    head.span_id = span_id;
    head.parent_span_id = parent;
    head.kind = json_enumerator(object, "kind", kKinds);
    head.flags = count(object, "flags");
    span.trace_state = text(object, "traceState");
    span.name = text(object, "name");
    span.start_unix_ns = time(object, "startTimeUnixNano");
    span.end_unix_ns = time(object, "endTimeUnixNano");
    AttributeList attributes(span.attributes);
    read_json_attributes(builder_, object, attributes);
    span.dropped_attributes = count(object, "droppedAttributesCount");
    for (const json& event : json_array(object, "events")) read_event(event, span);
    span.dropped_events = count(object, "droppedEventsCount");
    for (const json& link : json_array(object, "links")) read_link(link, span, head);
    span.dropped_links = count(object, "droppedLinksCount");
    if (const json* status = json_member(object, "status")) {
      check_object(*status, "status");
      span.status_message = text(*status, "message");
      head.status = json_enumerator(*status, "code", kStatuses);
    }
    builder_.end_span(head);
  }

  void read_event(const json& object, Span& span) {
    check_element(object, "events");
    Event& event = builder_.add_event(span);
    event.time_unix_ns = time(object, "timeUnixNano");
    event.name = text(object, "name");
    AttributeList attributes(event.attributes);
    read_json_attributes(builder_, object, attributes);
    event.dropped_attributes = count(object, "droppedAttributesCount");
  }

  void read_link(const json& object, Span& span, SpanHead& span_head) {
    check_element(object, "links");
    Link link = builder_.begin_link();
    LinkHead head;
    const std::string trace_id = json_id(object, "traceId", Refusal::kField);
    const std::string span_id = json_id(object, "spanId", Refusal::kField);
    head.trace_id = trace_id;
    head.span_id = span_id;
    head.flags = count(object, "flags");
    link.trace_state = text(object, "traceState");
    AttributeList attributes(link.attributes);
    read_json_attributes(builder_, object, attributes);
    link.dropped_attributes = count(object, "droppedAttributesCount");
    builder_.end_link(span, span_head, std::move(link), head);
  }

  RequestBuilder builder_;
};

}  // namespace

DecodedRequest decode_json(std::string_view body, ResourceCache& resources,
                           const ReceiverLimits& limits) {
  try {
    const json request = parse(body, limits);
    return JsonDecoder(resources, limits).decode(request);
  } catch (const json::parse_error& error) {
    return RequestBuilder::refuse(
        {Refusal::kMalformed,
         "the body is not JSON: it goes wrong at byte " + std::to_string(error.byte)});
  } catch (const json::exception&) {
    return RequestBuilder::refuse({Refusal::kMalformed, "a number of the JSON is out of range"});
  } catch (const SpanFault& fault) {  // of the envelope
    return RequestBuilder::refuse(
        {Refusal::kMalformed, "the JSON is no ExportTraceServiceRequest: " + fault.message});
  } catch (RequestFault& fault) {
    return RequestBuilder::refuse(std::move(fault));
  }
}

}  // namespace seamtrace::collector
