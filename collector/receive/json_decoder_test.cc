#include <gtest/gtest.h>

#include "agent/codecs/testing/guarded_bytes.h"
#include "collector/receive/testing/decoding.h"

namespace seamtrace::collector {
namespace {

using testing::from_json;
using testing::text_of;

constexpr std::string_view kIds =
    R"("traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"B7AD6B7169203331")";

std::string request_with(std::string_view spans) {
  return R"({"resourceSpans":[{"scopeSpans":[{"spans":[)" + std::string(spans) + "]}]}]}";
}

/// A span that is well, and these members besides.
std::string good_span(std::string_view members = "") {
  std::string span = "{" + std::string(kIds) +
                     R"(,"startTimeUnixNano":"1700000000000000000","endTimeUnixNano":)"
                     R"("1700000001000000000")";
  if (!members.empty()) span.append(",").append(members);
  return span + "}";
}

DecodedRequest with_members(std::string_view members) {
  return from_json(request_with(good_span(members)));
}

std::string value_text(std::string_view any_value) {
  const DecodedRequest request =
      with_members(R"("attributes":[{"key":"k","value":)" + std::string(any_value) + "}]");
  if (request.list.spans.empty()) return "rejected: " + request.message;
  return text_of(request.list.spans[0].attributes, "k");
}

TEST(JsonDecoderTest, an_empty_request_is_well) {
  for (const std::string_view body :
       {"{}", R"({"resourceSpans":[]})", R"({"resourceSpans":null})", R"({"other":1})",
        R"({"resourceSpans":[{}]})", R"({"resourceSpans":[{"scopeSpans":[{}]}]})"}) {
    const DecodedRequest request = from_json(body);
    EXPECT_FALSE(request.fault) << body;
    EXPECT_TRUE(request.list.spans.empty());
  }
}

TEST(JsonDecoderTest, ids_are_hexadecimal_in_either_case) {
  const DecodedRequest request = with_members(R"("parentSpanId":"00f067aA0ba902b7")");
  ASSERT_EQ(request.list.spans.size(), 1u);
  EXPECT_EQ(request.list.spans[0].span_id[0], 0xb7);
  EXPECT_EQ(request.list.spans[0].trace_id[15], 0x9c);
  EXPECT_EQ(request.list.spans[0].parent_span_id[3], 0xaa);
}

TEST(JsonDecoderTest, an_id_that_is_not_hexadecimal_rejects_its_span) {
  for (const std::string_view id : {"CvdlGRbNQ92ESOshHIAxnA==", "0af7651916cd43dd8448eb211c80319",
                                    "0af7651916cd43dd8448eb211c80319g"}) {
    const std::string span = R"({"traceId":")" + std::string(id) +
                             R"(","spanId":"b7ad6b7169203331","startTimeUnixNano":"1"})";
    const DecodedRequest request = from_json(request_with(span + "," + good_span()));
    EXPECT_EQ(request.list.spans.size(), 1u);
    EXPECT_EQ(request.rejections, (std::map<Refusal, uint64_t>{{Refusal::kTraceId, 1}}));
    EXPECT_NE(request.message.find("hexadecimal"), std::string::npos);
  }
}

TEST(JsonDecoderTest, integers_are_numbers_or_strings) {
  for (const std::string_view time : {"1700000000123456789", "\"1700000000123456789\""}) {
    const std::string span = "{" + std::string(kIds) + R"(,"startTimeUnixNano":)" +
                             std::string(time) + R"(,"endTimeUnixNano":)" + std::string(time) + "}";
    const DecodedRequest request = from_json(request_with(span));
    ASSERT_EQ(request.list.spans.size(), 1u) << request.message;
    EXPECT_EQ(request.list.spans[0].start_unix_ns, 1700000000123456789u);
  }
  EXPECT_EQ(value_text(R"({"intValue":7})"), "integer 7");
  EXPECT_EQ(value_text(R"({"intValue":"-7"})"), "integer -7");
  EXPECT_EQ(value_text(R"({"intValue":1e3})"), "integer 1000");
  EXPECT_EQ(value_text(R"({"intValue":"-9223372036854775808"})"), "integer -9223372036854775808");
  for (const std::string_view bad :
       {R"({"intValue":1.5})", R"({"intValue":9223372036854775808})", R"({"intValue":"7x"})",
        R"({"intValue":""})", R"({"intValue":true})", R"({"intValue":1e300})"})
    EXPECT_EQ(value_text(bad),
              "rejected: 1 of 1 span rejected: 1 span: the value of an attribute is not a 64-bit "
              "integer")
        << bad;
}

TEST(JsonDecoderTest, enumerators_are_numbers_or_names) {
  const DecodedRequest names =
      with_members(R"("kind":"SPAN_KIND_CLIENT","status":{"code":"STATUS_CODE_ERROR"})");
  ASSERT_EQ(names.list.spans.size(), 1u);
  EXPECT_EQ(names.list.spans[0].kind, SpanKind::kClient);
  EXPECT_EQ(names.list.spans[0].status, StatusCode::kError);
  const DecodedRequest numbers = with_members(R"("kind":5,"status":{"code":"1","message":"m"})");
  ASSERT_EQ(numbers.list.spans.size(), 1u);
  EXPECT_EQ(numbers.list.spans[0].kind, SpanKind::kConsumer);
  EXPECT_EQ(numbers.list.spans[0].status, StatusCode::kOk);
  EXPECT_EQ(numbers.list.spans[0].status_message, "m");
  const DecodedRequest later = with_members(R"("kind":-3,"status":{"code":900})");
  ASSERT_EQ(later.list.spans.size(), 1u);
  EXPECT_EQ(later.list.spans[0].kind, SpanKind::kInternal);
}

TEST(JsonDecoderTest, every_type_of_value_is_read) {
  EXPECT_EQ(value_text(R"({"stringValue":"a\u00e4\n"})"), "aä\n");
  EXPECT_EQ(value_text(R"({"boolValue":false})"), "false");
  EXPECT_EQ(value_text(R"({"doubleValue":0.5})"), "real 0.500000");
  EXPECT_EQ(value_text(R"({"doubleValue":"0.5"})"), "real 0.500000");
  EXPECT_EQ(value_text(R"({"doubleValue":3})"), "real 3.000000");
  EXPECT_EQ(value_text(R"({"doubleValue":"-Infinity"})"), "real -inf");
  EXPECT_EQ(value_text(R"({"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}})"),
            "texts a b");
  EXPECT_EQ(value_text(R"({"arrayValue":{}})"), "texts");
  EXPECT_EQ(value_text(R"({"arrayValue":{"values":[{"intValue":"1"},{},{"stringValue":"b"}]}})"),
            R"([1,null,"b"])");
  EXPECT_EQ(value_text(R"({"kvlistValue":{"values":[{"key":"z","value":{"boolValue":true}},)"
                       R"({"key":"a","value":{"doubleValue":"NaN"}},{"key":"n"}]}})"),
            R"({"a":"NaN","n":null,"z":true})");
  EXPECT_EQ(value_text(R"({"bytesValue":"AP8h"})"), "AP8h");
  EXPECT_EQ(value_text(R"({"bytesValue":"_-8"})"), "/+8=");
  EXPECT_EQ(value_text("{}"), "");
  EXPECT_EQ(value_text("null"), "");
  EXPECT_EQ(value_text(R"({"laterValue":1})"), "");
}

TEST(JsonDecoderTest, a_member_of_another_type_rejects_its_span_and_says_which) {
  const std::map<std::string, std::string> all{
      {R"("name":7)", "its name is not a string"},
      {R"("events":{})", "its events is not an array"},
      {R"("events":[1])", "one of its events is not an object"},
      {R"("attributes":["a"])", "one of its attributes is not an object"},
      {R"("links":[{"traceId":7}])", "its traceId is not a string"},
      {R"("flags":-1)", "its flags is not a whole number"},
      {R"("flags":4294967296)", "its flags is not within its range"},
      {R"("status":"ok")", "its status is not an object"},
      {R"("attributes":[{"key":"k","value":7}])",
       R"(the value of an attribute is not an object such as {"stringValue": ...})"},
      {R"("attributes":[{"key":"k","value":{"bytesValue":"a!"}}])",
       "the value of an attribute is not base64"},
  };
  for (const auto& [members, message] : all) {
    const DecodedRequest request = from_json(request_with(good_span(members) + "," + good_span()));
    ASSERT_FALSE(request.fault);
    EXPECT_EQ(request.list.spans.size(), 1u) << members;
    EXPECT_EQ(request.message, "1 of 2 spans rejected: 1 span: " + message);
    EXPECT_EQ(request.rejections, (std::map<Refusal, uint64_t>{{Refusal::kField, 1}}));
  }
}

TEST(JsonDecoderTest, null_is_the_same_as_nothing) {
  const DecodedRequest request = with_members(
      R"("name":null,"kind":null,"attributes":null,"events":null,"status":null,"parentSpanId":null)");
  EXPECT_EQ(request.list.spans.size(), 1u) << request.message;
}

TEST(JsonDecoderTest, what_is_not_a_request_is_refused_with_the_place) {
  const std::map<std::string, std::string> all{
      {"", "the body is not JSON: it goes wrong at byte 1"},
      {"{", "the body is not JSON: it goes wrong at byte 2"},
      {"hello", "the body is not JSON: it goes wrong at byte 1"},
      {"{} {}", "the body is not JSON: it goes wrong at byte 4"},
      {"[]", "the JSON is not an object with resourceSpans"},
      {"7", "the JSON is not an object with resourceSpans"},
      {R"({"resourceSpans":{}})",
       "the JSON is no ExportTraceServiceRequest: its resourceSpans is not an array"},
      {R"({"resourceSpans":[{"scopeSpans":[{"spans":7}]}]})",
       "the JSON is no ExportTraceServiceRequest: its spans is not an array"},
      {R"({"a":1e999})", "a number of the JSON is out of range"},
  };
  for (const auto& [body, message] : all) {
    const DecodedRequest request = from_json(body);
    ASSERT_TRUE(request.fault) << body;
    EXPECT_EQ(request.fault->refusal, Refusal::kMalformed);
    EXPECT_EQ(request.fault->message, message);
  }
}

TEST(JsonDecoderTest, every_truncation_is_refused) {
  const std::string whole = request_with(good_span(
      R"("name":"größe","attributes":[{"key":"k","value":{"arrayValue":{"values":[{"intValue":"1"}]}}}])"));
  ASSERT_EQ(from_json(whole).list.spans.size(), 1u);
  agent::codecs::GuardedBytes memory(whole.size());
  for (size_t size = 0; size < whole.size(); ++size) {
    const char* bytes = memory.hold(std::string_view(whole).substr(0, size));
    const DecodedRequest request = from_json({bytes, size});
    ASSERT_TRUE(request.fault) << size;
    EXPECT_TRUE(request.list.spans.empty());
  }
}

TEST(JsonDecoderTest, malformed_text_becomes_readable) {
  const DecodedRequest request = with_members("\"name\":\"a\xff\xc0z\"");
  ASSERT_EQ(request.list.spans.size(), 1u);
  EXPECT_EQ(request.list.spans[0].name, "a\xEF\xBF\xBD\xEF\xBF\xBDz");
}

TEST(JsonDecoderTest, depth_is_bounded_wherever_it_is) {
  const std::string brackets(100'000, '[');
  for (const std::string& body : {brackets, R"({"unknown":)" + brackets}) {
    const DecodedRequest request = from_json(body);
    ASSERT_TRUE(request.fault);
    EXPECT_EQ(request.fault->message, "the JSON is nested too deeply");
  }
  const auto nested = [](size_t depth) {
    std::string value = R"({"stringValue":"deep"})";
    for (size_t i = 0; i < depth; ++i) value = R"({"arrayValue":{"values":[)" + value + "]}}";
    return with_members(R"("attributes":[{"key":"k","value":)" + value + "}]");
  };
  EXPECT_FALSE(nested(kMostDepth - 1).fault);
  const DecodedRequest request = nested(kMostDepth);
  ASSERT_TRUE(request.fault);
  EXPECT_EQ(request.fault->message, "a value is nested deeper than 64 levels");
}

TEST(JsonDecoderTest, a_request_may_not_have_more_values_than_is_allowed) {
  std::string body = R"({"unknown":[)";
  for (int i = 0; i < 100; ++i) body += "{},";
  body += "1]}";
  EXPECT_FALSE(from_json(body, {.most_parts = 40}).fault);
  const DecodedRequest request = from_json(body, {.most_parts = 30});
  ASSERT_TRUE(request.fault);
  EXPECT_EQ(request.fault->refusal, Refusal::kTooLarge);
}

}  // namespace
}  // namespace seamtrace::collector
