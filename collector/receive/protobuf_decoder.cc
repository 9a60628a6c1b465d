#include <protozero/pbf_reader.hpp>
#include <utility>

#include "collector/receive/decoder.h"
#include "collector/receive/protobuf_value.h"
#include "collector/support/otlp_fields.h"

namespace seamtrace::collector {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::tag_and_type;

using namespace otlp_fields;

// A field of another wire type than the schema's is an unknown field, as protobuf has it.
constexpr uint32_t message_of(uint32_t field) {
  return tag_and_type(field, pbf_wire_type::length_delimited);
}
constexpr uint32_t number_of(uint32_t field) { return tag_and_type(field, pbf_wire_type::varint); }
constexpr uint32_t fixed64_of(uint32_t field) {
  return tag_and_type(field, pbf_wire_type::fixed64);
}
constexpr uint32_t fixed32_of(uint32_t field) {
  return tag_and_type(field, pbf_wire_type::fixed32);
}

class ProtobufDecoder {
 public:
  ProtobufDecoder(ResourceCache& resources, const ReceiverLimits& limits)
      : builder_(resources, limits) {}

  DecodedRequest decode(std::string_view body) {
    pbf_reader request(body.data(), body.size());
    while (request.next()) {
      if (request.tag_and_type() == message_of(kResourceSpans))
        read_resource_spans(request.get_message());
      else
        request.skip();
    }
    return builder_.finish();
  }

 private:
  std::string_view text(pbf_reader& reader) {
    return copy_valid_text(builder_.arena(), view_of(reader));
  }

  /// The resource may stand after the spans: it is looked for first.
  void read_resource_spans(const pbf_reader& message) {
    std::pmr::vector<Attribute> attributes(&builder_.arena());
    AttributeList list(attributes);
    pbf_reader first = message;
    while (first.next()) {
      if (first.tag_and_type() != message_of(kResource)) {
        first.skip();
        continue;
      }
      pbf_reader resource = first.get_message();
      while (resource.next()) {
        if (resource.tag_and_type() == message_of(kResourceAttributes))
          read_attribute(builder_, resource.get_message(), list);
        else
          resource.skip();
      }
    }
    builder_.set_resource(attributes);
    pbf_reader second = message;
    while (second.next()) {
      if (second.tag_and_type() == message_of(kScopeSpans))
        read_scope_spans(second.get_message());
      else
        second.skip();
    }
  }

  void read_scope(pbf_reader message, ScopeParts& scope, AttributeList& attributes) {
    while (message.next()) {
      switch (message.tag_and_type()) {
        case message_of(kScopeName):
          scope.name = text(message);
          break;
        case message_of(kScopeVersion):
          scope.version = text(message);
          break;
        case message_of(kScopeAttributes):
          read_attribute(builder_, message.get_message(), attributes, kScopePrefix);
          break;
        default:
          message.skip();
      }
    }
  }

  void read_scope_spans(const pbf_reader& message) {
    ScopeParts scope(&builder_.arena());
    AttributeList attributes(scope.attributes);
    pbf_reader first = message;
    while (first.next()) {
      if (first.tag_and_type() == message_of(kScope))
        read_scope(first.get_message(), scope, attributes);
      else
        first.skip();
    }
    builder_.set_scope(&scope);
    pbf_reader second = message;
    while (second.next()) {
      if (second.tag_and_type() == message_of(kSpans))
        read_span(second.get_message());
      else
        second.skip();
    }
    builder_.set_scope(nullptr);
  }

  void read_span(pbf_reader message) {
    Span& span = builder_.begin_span();
    AttributeList attributes(span.attributes);
    SpanHead head;
    while (message.next()) read_span_field(message, span, attributes, head);
    try {
      builder_.end_span(head);
    } catch (const SpanFault& fault) {
      builder_.reject_span(fault);
    }
  }

  void read_span_field(pbf_reader& field, Span& span, AttributeList& attributes, SpanHead& head) {
    switch (field.tag_and_type()) {
      case message_of(kTraceId):
        head.trace_id = view_of(field);
        break;
      case message_of(kSpanId):
        head.span_id = view_of(field);
        break;
      case message_of(kTraceState):
        span.trace_state = text(field);
        break;
      case message_of(kParentSpanId):
        head.parent_span_id = view_of(field);
        break;
      case message_of(kName):
        span.name = text(field);
        break;
      case number_of(kKind):
        head.kind = static_cast<uint64_t>(field.get_int64());
        break;
      case fixed64_of(kStartTime):
        span.start_unix_ns = field.get_fixed64();
        break;
      case fixed64_of(kEndTime):
        span.end_unix_ns = field.get_fixed64();
        break;
      case message_of(kAttributes):
        read_attribute(builder_, field.get_message(), attributes);
        break;
      case number_of(kDroppedAttributes):
        span.dropped_attributes = field.get_uint32();
        break;
      case message_of(kEvents):
        read_event(field.get_message(), span);
        break;
      case number_of(kDroppedEvents):
        span.dropped_events = field.get_uint32();
        break;
      case message_of(kLinks):
        read_link(field.get_message(), span, head);
        break;
      case number_of(kDroppedLinks):
        span.dropped_links = field.get_uint32();
        break;
      case message_of(kStatus):
        read_status(field.get_message(), span, head);
        break;
      case fixed32_of(kFlags):
        head.flags = field.get_fixed32();
        break;
      default:
        field.skip();
    }
  }

  void read_event(pbf_reader message, Span& span) {
    Event& event = builder_.add_event(span);
    AttributeList attributes(event.attributes);
    while (message.next()) {
      switch (message.tag_and_type()) {
        case fixed64_of(kEventTime):
          event.time_unix_ns = message.get_fixed64();
          break;
        case message_of(kEventName):
          event.name = text(message);
          break;
        case message_of(kEventAttributes):
          read_attribute(builder_, message.get_message(), attributes);
          break;
        case number_of(kEventDroppedAttributes):
          event.dropped_attributes = message.get_uint32();
          break;
        default:
          message.skip();
      }
    }
  }

  void read_link(pbf_reader message, Span& span, SpanHead& span_head) {
    Link link = builder_.begin_link();
    AttributeList attributes(link.attributes);
    LinkHead head;
    while (message.next()) {
      switch (message.tag_and_type()) {
        case message_of(kLinkTraceId):
          head.trace_id = view_of(message);
          break;
        case message_of(kLinkSpanId):
          head.span_id = view_of(message);
          break;
        case message_of(kLinkTraceState):
          link.trace_state = text(message);
          break;
        case message_of(kLinkAttributes):
          read_attribute(builder_, message.get_message(), attributes);
          break;
        case number_of(kLinkDroppedAttributes):
          link.dropped_attributes = message.get_uint32();
          break;
        case fixed32_of(kLinkFlags):
          head.flags = message.get_fixed32();
          break;
        default:
          message.skip();
      }
    }
    builder_.end_link(span, span_head, std::move(link), head);
  }

  void read_status(pbf_reader message, Span& span, SpanHead& head) {
    while (message.next()) {
      switch (message.tag_and_type()) {
        case message_of(kStatusMessage):
          span.status_message = text(message);
          break;
        case number_of(kStatusCode):
          head.status = static_cast<uint64_t>(message.get_int64());
          break;
        default:
          message.skip();
      }
    }
  }

  RequestBuilder builder_;
};

}  // namespace

DecodedRequest decode_protobuf(std::string_view body, ResourceCache& resources,
                               const ReceiverLimits& limits) {
  try {
    return ProtobufDecoder(resources, limits).decode(body);
  } catch (const protozero::exception& exception) {
    return RequestBuilder::refuse(
        {Refusal::kMalformed,
         std::string("the body is no ExportTraceServiceRequest of protobuf (") + exception.what() +
             ")"});
  } catch (RequestFault& fault) {
    return RequestBuilder::refuse(std::move(fault));
  }
}

}  // namespace seamtrace::collector
