#include <gtest/gtest.h>

#include <limits>

#include "agent/codecs/testing/guarded_bytes.h"
#include "collector/receive/testing/decoding.h"

namespace seamtrace::collector {
namespace {

using testing::from_protobuf;
using testing::good_span;
using testing::kBegin;
using testing::key_value;
using testing::kSecond;
using testing::kSpanIdBytes;
using testing::kTraceIdBytes;
using testing::Message;
using testing::request_of;
using testing::text_of;
using testing::text_value;

/// A request in which every message of the schema occurs.
std::string rich_request() {
  const Message array = Message().message(
      5, Message().message(1, text_value("a")).message(1, Message().number(3, 7)));
  const Message map = Message().message(6, Message().message(1, key_value("k", array)));
  const Message event =
      Message().fixed64(1, kBegin).bytes(2, "event").message(3, key_value("e", text_value("v")));
  const Message link = Message()
                           .bytes(1, kTraceIdBytes)
                           .bytes(2, kSpanIdBytes)
                           .message(4, key_value("l", Message().number(2, 1)));
  Message span = good_span();
  span.bytes(3, "a=b").bytes(4, "76543210").bytes(5, "name").number(6, 2);
  span.message(9, key_value("array", array)).message(9, key_value("map", map));
  span.message(11, event).message(13, link).message(15, Message().bytes(2, "no").number(3, 2));
  span.fixed32(16, 0x301);
  const Message scope =
      Message().bytes(1, "scope").bytes(2, "2").message(3, key_value("s", Message().real(4, 0.5)));
  const Message resource = Message().message(1, key_value("service.name", text_value("shop")));
  return Message()
      .message(1, Message()
                      .message(1, resource)
                      .message(2, Message().message(1, scope).message(2, span).message(2, span)))
      .text();
}

Value only_value(const Message& any_value) {
  const DecodedRequest request =
      from_protobuf(request_of({good_span().message(9, key_value("k", any_value))}));
  static SpanList kept;
  kept.spans.clear();
  const auto* text = std::get_if<std::string_view>(&request.list.spans.at(0).attributes[0].value);
  if (text == nullptr) return request.list.spans[0].attributes[0].value;
  return copy_text(*kept.arena, *text);
}

std::string_view only_text(const Message& any_value) {
  return std::get<std::string_view>(only_value(any_value));
}

TEST(ProtobufDecoderTest, an_empty_request_is_well) {
  const DecodedRequest request = from_protobuf("");
  EXPECT_FALSE(request.fault);
  EXPECT_TRUE(request.list.spans.empty());
  EXPECT_EQ(request.message, "");
}

TEST(ProtobufDecoderTest, every_message_of_the_schema_is_read) {
  const DecodedRequest request = from_protobuf(rich_request());
  ASSERT_FALSE(request.fault) << request.fault->message;
  ASSERT_EQ(request.list.spans.size(), 2u);
  const Span& span = request.list.spans[1];
  EXPECT_EQ(span.name, "name");
  EXPECT_EQ(span.trace_flags, 1);
  EXPECT_TRUE(span.parent_remote);
  EXPECT_EQ(span.association, wire::Association::kRemote);
  EXPECT_EQ(span.scope, "scope");
  EXPECT_EQ(text_of(span.attributes, "array"), R"(["a",7])");
  EXPECT_EQ(text_of(span.attributes, "map"), R"({"k":["a",7]})");
  EXPECT_EQ(text_of(span.attributes, "otel.scope.version"), "2");
  EXPECT_EQ(text_of(span.attributes, "otel.scope.s"), "real 0.500000");
  EXPECT_EQ(text_of(span.events.at(0).attributes, "e"), "v");
  EXPECT_EQ(text_of(span.links.at(0).attributes, "l"), "true");
  EXPECT_TRUE(span.links.at(0).remote);
  EXPECT_EQ(span.status_message, "no");
  EXPECT_EQ(span.resource->service_name(), "shop");
}

/// Wherever a request is cut: never a read beyond its end, never half a span.
TEST(ProtobufDecoderTest, a_truncated_request_is_refused_or_ends_between_messages) {
  const std::string whole = rich_request();
  agent::codecs::GuardedBytes memory(whole.size());
  size_t refused = 0;
  for (size_t size = 0; size < whole.size(); ++size) {
    const char* bytes = memory.hold(std::string_view(whole).substr(0, size));
    const DecodedRequest request = from_protobuf({bytes, size});
    if (!request.fault) {
      EXPECT_TRUE(request.list.spans.empty()) << size;
      continue;
    }
    ++refused;
    EXPECT_EQ(request.fault->refusal, Refusal::kMalformed);
    EXPECT_TRUE(request.list.spans.empty());
  }
  EXPECT_EQ(refused, whole.size() - 1);  // all but the empty one
}

/// Whatever one byte becomes: no crash, and no span that breaks a promise.
TEST(ProtobufDecoderTest, a_request_with_a_changed_byte_gives_whole_spans) {
  const std::string whole = rich_request();
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const int change : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
      std::string body = whole;
      body[at] = static_cast<char>(body[at] ^ change);
      const DecodedRequest request = from_protobuf(body);
      for (const Span& span : request.list.spans) {
        EXPECT_NE(span.trace_id, TraceId{});
        EXPECT_NE(span.span_id, SpanId{});
        EXPECT_LE(span.start_unix_ns, span.end_unix_ns);
        ASSERT_NE(span.resource, nullptr);
      }
    }
  }
}

TEST(ProtobufDecoderTest, the_resource_may_follow_its_spans) {
  const Message scope_spans = Message().message(2, good_span()).message(1, Message().bytes(1, "s"));
  const Message resource = Message().message(1, key_value("service.name", text_value("late")));
  const DecodedRequest request = from_protobuf(
      Message().message(1, Message().message(2, scope_spans).message(1, resource)).text());
  ASSERT_EQ(request.list.spans.size(), 1u);
  EXPECT_EQ(request.list.spans[0].resource->service_name(), "late");
  EXPECT_EQ(request.list.spans[0].scope, "s");
}

TEST(ProtobufDecoderTest, unknown_fields_and_fields_of_another_type_are_passed_over) {
  Message span = good_span();
  span.number(5, 7).bytes(6, "kind").fixed32(99, 1).bytes(1000, "later").number(7, 1);
  const DecodedRequest request = from_protobuf(request_of({span}));
  ASSERT_EQ(request.list.spans.size(), 1u);
  EXPECT_EQ(request.list.spans[0].name, "");
  EXPECT_EQ(request.list.spans[0].start_unix_ns, kBegin);
}

TEST(ProtobufDecoderTest, a_resource_without_a_service_name_gets_one) {
  const DecodedRequest request = from_protobuf(request_of({good_span()}));
  EXPECT_EQ(request.list.spans.at(0).resource->service_name(), "unknown_service");
}

TEST(ProtobufDecoderTest, values_that_are_no_attribute_type_become_json_text) {
  const Message numbers = Message().message(5, Message()
                                                   .message(1, Message().number(3, 1))
                                                   .message(1, Message().real(4, 0.5))
                                                   .message(1, Message())
                                                   .message(1, Message().number(2, 1)));
  EXPECT_EQ(only_text(numbers), "[1,0.5,null,true]");
  const Message special = Message().message(
      5, Message().message(1, Message().real(4, -std::numeric_limits<double>::infinity())));
  EXPECT_EQ(only_text(special), R"(["-Infinity"])");
  EXPECT_EQ(only_text(Message().bytes(7, std::string_view("\0\xff!", 3))), "AP8h");
  EXPECT_EQ(only_text(Message().bytes(7, "abcd")), "YWJjZA==");
  EXPECT_EQ(only_text(Message().message(6, Message())), "{}");
  EXPECT_EQ(only_text(Message()), "");
  const Message twice =
      Message().message(6, Message()
                               .message(1, key_value("k", text_value("first")))
                               .message(1, key_value("k", text_value("\"last\""))));
  EXPECT_EQ(only_text(twice), R"({"k":"\"last\""})");
}

TEST(ProtobufDecoderTest, an_array_of_strings_stays_one) {
  const DecodedRequest request = from_protobuf(request_of(
      {good_span()
           .message(9, key_value("two", Message().message(5, Message()
                                                                 .message(1, text_value("a"))
                                                                 .message(1, text_value("b\xff")))))
           .message(9, key_value("none", Message().message(5, Message())))}));
  ASSERT_EQ(request.list.spans.size(), 1u);
  EXPECT_EQ(text_of(request.list.spans[0].attributes, "two"), "texts a b\xEF\xBF\xBD");
  EXPECT_EQ(text_of(request.list.spans[0].attributes, "none"), "texts");
}

TEST(ProtobufDecoderTest, malformed_text_becomes_readable_everywhere) {
  const std::string_view bad = "a\xff\xc0z", good = "a\xEF\xBF\xBD\xEF\xBF\xBDz";
  Message span = good_span();
  span.bytes(5, bad).bytes(3, bad).message(15, Message().bytes(2, bad).number(3, 2));
  span.message(9, key_value(bad, text_value(bad)));
  span.message(
      9, key_value("nested",
                   Message().message(6, Message().message(1, key_value(bad, text_value(bad))))));
  span.message(11, Message().bytes(2, bad));
  const DecodedRequest request = from_protobuf(request_of({span}));
  ASSERT_EQ(request.list.spans.size(), 1u);
  const Span& read = request.list.spans[0];
  EXPECT_EQ(read.name, good);
  EXPECT_EQ(read.trace_state, good);
  EXPECT_EQ(read.status_message, good);
  EXPECT_EQ(text_of(read.attributes, good), good);
  EXPECT_TRUE(is_valid_utf8(text_of(read.attributes, "nested")));
  EXPECT_EQ(read.events.at(0).name, good);
}

TEST(ProtobufDecoderTest, the_last_value_of_a_key_counts_however_many_there_are) {
  Message span = good_span();
  for (int turn = 0; turn < 2; ++turn)
    for (int key = 0; key < 100; ++key)
      span.message(9, key_value("key" + std::to_string(key),
                                Message().number(3, static_cast<uint64_t>(1000 * turn + key))));
  const DecodedRequest request = from_protobuf(request_of({span}));
  ASSERT_EQ(request.list.spans.size(), 1u);
  const auto& attributes = request.list.spans[0].attributes;
  ASSERT_EQ(attributes.size(), 100u);
  for (size_t key = 0; key < 100; ++key)
    EXPECT_EQ(text_of(attributes, "key" + std::to_string(key)),
              "integer " + std::to_string(1000 + key));
}

TEST(ProtobufDecoderTest, a_span_keeps_its_own_attributes_beside_those_of_its_scope) {
  const Message scope = Message().bytes(1, "s").bytes(2, "1.0");
  const Message span = good_span().message(9, key_value("otel.scope.version", text_value("mine")));
  const DecodedRequest request = from_protobuf(
      Message()
          .message(1, Message().message(2, Message().message(1, scope).message(2, span)))
          .text());
  EXPECT_EQ(text_of(request.list.spans.at(0).attributes, "otel.scope.version"), "mine");
}

Message nested(size_t depth) {
  Message value = text_value("deep");
  for (size_t i = 0; i < depth; ++i) value = Message().message(5, Message().message(1, value));
  return value;
}

TEST(ProtobufDecoderTest, values_may_be_nested_but_not_without_end) {
  const auto with_depth = [](size_t depth) {
    return from_protobuf(request_of({good_span().message(9, key_value("k", nested(depth)))}));
  };
  EXPECT_FALSE(with_depth(kMostDepth - 1).fault);
  const DecodedRequest too_deep = with_depth(kMostDepth);
  ASSERT_TRUE(too_deep.fault);
  EXPECT_EQ(too_deep.fault->refusal, Refusal::kMalformed);
  EXPECT_TRUE(with_depth(3000).fault);
}

TEST(ProtobufDecoderTest, a_request_may_not_become_more_parts_than_is_allowed) {
  Message span = good_span();
  for (int i = 0; i < 50; ++i) span.message(11, Message());
  EXPECT_FALSE(from_protobuf(request_of({span}), {.most_parts = 51}).fault);
  const DecodedRequest request = from_protobuf(request_of({span}), {.most_parts = 50});
  ASSERT_TRUE(request.fault);
  EXPECT_EQ(request.fault->refusal, Refusal::kTooLarge);
}

TEST(ProtobufDecoderTest, a_scope_does_not_multiply_without_end) {
  Message scope;
  for (int i = 0; i < 20; ++i)
    scope.message(3, key_value("key" + std::to_string(i), text_value("v")));
  Message scope_spans = Message().message(1, scope);
  for (int i = 0; i < 20; ++i) scope_spans.message(2, good_span());
  const std::string body = Message().message(1, Message().message(2, scope_spans)).text();
  EXPECT_FALSE(from_protobuf(body, {.most_parts = 440}).fault);
  EXPECT_TRUE(from_protobuf(body, {.most_parts = 439}).fault);
}

TEST(ProtobufDecoderTest, a_resource_with_too_many_attributes_is_refused) {
  Message resource;
  for (size_t i = 0; i <= kMostResourceAttributes; ++i)
    resource.message(1, key_value("key" + std::to_string(i), text_value("v")));
  const DecodedRequest request =
      from_protobuf(Message().message(1, Message().message(1, resource)).text());
  ASSERT_TRUE(request.fault);
}

}  // namespace
}  // namespace seamtrace::collector
