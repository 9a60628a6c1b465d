#include "collector/export/otlp/otlp_encoder.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>

#include <nlohmann/json.hpp>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <vector>

#include "collector/export/testing/spans.h"

namespace seamtrace::collector {
namespace {

using nlohmann::json;
using protozero::pbf_reader;
using testing::BatchMaker;
using testing::make_resource;
using testing::span_id;
using testing::trace_id;

/// The fields of a message by number; nested messages as their bytes.
struct Message {
  explicit Message(const std::string& bytes) {
    pbf_reader reader(bytes.data(), bytes.size());
    while (reader.next()) {
      switch (reader.wire_type()) {
        case protozero::pbf_wire_type::varint:
          numbers[reader.tag()].push_back(reader.get_uint64());
          break;
        case protozero::pbf_wire_type::fixed64:
          numbers[reader.tag()].push_back(reader.get_fixed64());
          break;
        case protozero::pbf_wire_type::fixed32:
          numbers[reader.tag()].push_back(reader.get_fixed32());
          break;
        case protozero::pbf_wire_type::length_delimited:
          bytes_of[reader.tag()].push_back(reader.get_string());
          break;
        default:
          reader.skip();
      }
    }
  }
  Message child(uint32_t tag, size_t index = 0) const { return Message(text(tag, index)); }
  std::string text(uint32_t tag, size_t index = 0) const { return bytes_of.at(tag).at(index); }
  uint64_t number(uint32_t tag) const { return numbers.at(tag).at(0); }
  bool has(uint32_t tag) const { return numbers.contains(tag) || bytes_of.contains(tag); }
  size_t count(uint32_t tag) const { return bytes_of.contains(tag) ? bytes_of.at(tag).size() : 0; }

  std::map<uint32_t, std::vector<uint64_t>> numbers;
  std::map<uint32_t, std::vector<std::string>> bytes_of;
};

std::string bytes(std::span<const uint8_t> id) { return {id.begin(), id.end()}; }

Message only_span(const std::string& body) { return Message(body).child(1).child(2).child(2); }

BatchMaker rich_span() {
  static constexpr std::string_view kLanguages[] = {"de", ""};
  BatchMaker maker;
  Span& span = maker.add(2, "GET /x", make_resource("shop"));
  span.parent_span_id = span_id(1);
  span.parent_remote = true;
  span.trace_flags = 3;
  span.trace_state = "vendor=1";
  span.status = StatusCode::kError;
  span.status_message = "broken";
  span.dropped_attributes = 4;
  span.attributes = {{"http.request.method", std::string_view("GET")},
                     {"http.response.status_code", int64_t{-500}},
                     {"ok", true},
                     {"ratio", 0.5},
                     {"empty", std::string_view()},
                     {"languages", std::span<const std::string_view>(kLanguages)}};
  Event event;
  event.time_unix_ns = testing::kStart + 1;
  event.name = "exception";
  event.attributes = {{"exception.type", std::string_view("Oops")}};
  span.events.push_back(event);
  Link link;
  link.trace_id = trace_id(9);
  link.span_id = span_id(9);
  span.links.push_back(link);
  return maker;
}

TEST(OtlpProtobuf, SpanFieldsStandUnderTheirNumbers) {
  const BatchMaker maker = rich_span();
  const Message span = only_span(encode_otlp_protobuf(maker.spans()));
  EXPECT_EQ(span.text(1), bytes(trace_id(1)));
  EXPECT_EQ(span.text(2), bytes(span_id(2)));
  EXPECT_EQ(span.text(3), "vendor=1");
  EXPECT_EQ(span.text(4), bytes(span_id(1)));
  EXPECT_EQ(span.text(5), "GET /x");
  EXPECT_EQ(span.number(6), 2u);
  EXPECT_EQ(span.number(7), testing::kStart);
  EXPECT_EQ(span.number(8), testing::kStart + 10 * testing::kMillisecond);
  EXPECT_EQ(span.number(10), 4u);
  EXPECT_EQ(span.child(11).number(1), testing::kStart + 1);
  EXPECT_EQ(span.child(11).text(2), "exception");
  EXPECT_EQ(span.child(11).child(3).text(1), "exception.type");
  EXPECT_EQ(span.child(13).text(1), bytes(trace_id(9)));
  EXPECT_EQ(span.child(13).number(6), 0x300u);
  EXPECT_EQ(span.child(15).text(2), "broken");
  EXPECT_EQ(span.child(15).number(3), 2u);
  EXPECT_EQ(span.number(16), 0x303u);
}

TEST(OtlpProtobuf, ValuesKeepTheirTypes) {
  const BatchMaker maker = rich_span();
  const Message span = only_span(encode_otlp_protobuf(maker.spans()));
  ASSERT_EQ(span.count(9), 6u);
  EXPECT_EQ(span.child(9, 0).child(2).text(1), "GET");
  EXPECT_EQ(static_cast<int64_t>(span.child(9, 1).child(2).number(3)), -500);
  EXPECT_EQ(span.child(9, 2).child(2).number(2), 1u);
  EXPECT_EQ(std::bit_cast<double>(span.child(9, 3).child(2).number(4)), 0.5);
  EXPECT_EQ(span.child(9, 4).child(2).text(1), "");
  const Message array = span.child(9, 5).child(2).child(5);
  ASSERT_EQ(array.count(1), 2u);
  EXPECT_EQ(array.child(1, 0).text(1), "de");
  EXPECT_EQ(array.child(1, 1).text(1), "");
}

TEST(OtlpProtobuf, LocalRootHasNoParentAndNoStatus) {
  BatchMaker maker;
  maker.add(1, "GET", make_resource("shop"));
  const Message span = only_span(encode_otlp_protobuf(maker.spans()));
  EXPECT_FALSE(span.has(4));
  EXPECT_FALSE(span.has(15));
  EXPECT_EQ(span.number(16), 0x101u);
}

TEST(OtlpProtobuf, SpansAreGroupedByResourceAndScope) {
  const auto shop = make_resource("shop"), cart = make_resource("cart");
  BatchMaker maker;
  maker.add(1, "a", shop);
  maker.add(2, "b", cart);
  maker.add(3, "c", shop).scope = "seamtrace.other";
  maker.add(4, "d", shop);
  const Message request(encode_otlp_protobuf(maker.spans()));
  ASSERT_EQ(request.count(1), 2u);
  const Message first = request.child(1, 0);
  EXPECT_EQ(first.child(1).child(1).text(1), "service.name");
  EXPECT_EQ(first.child(1).child(1).child(2).text(1), "shop");
  ASSERT_EQ(first.count(2), 2u);
  EXPECT_EQ(first.child(2, 0).child(1).text(1), "seamtrace.http");
  EXPECT_EQ(first.child(2, 0).child(1).text(2), SEAMTRACE_VERSION);
  EXPECT_EQ(first.child(2, 0).count(2), 2u);
  EXPECT_EQ(first.child(2, 0).child(2, 1).text(5), "d");
  EXPECT_EQ(first.child(2, 1).child(1).text(1), "seamtrace.other");
  EXPECT_EQ(request.child(1, 1).child(1).child(1).child(2).text(1), "cart");
}

TEST(OtlpProtobuf, BytesThatAreNotTextAreReplaced) {
  BatchMaker maker;
  maker.add(1, "GET \xff", nullptr).attributes = {{"k", std::string_view("\xC3(")}};
  const Message span = only_span(encode_otlp_protobuf(maker.spans()));
  EXPECT_EQ(span.text(5), "GET \xEF\xBF\xBD");
  EXPECT_EQ(span.child(9).child(2).text(1), "\xEF\xBF\xBD(");
}

TEST(OtlpJson, UsesHexIdsIntegerEnumsAndStringsForLongIntegers) {
  const BatchMaker maker = rich_span();
  const json request = json::parse(encode_otlp_json(maker.spans()));
  const json& span = request["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
  EXPECT_EQ(span["traceId"], "4b000000000000000000000000000001");
  EXPECT_EQ(span["spanId"], "a000000000000002");
  EXPECT_EQ(span["parentSpanId"], "a000000000000001");
  EXPECT_EQ(span["kind"], 2);
  EXPECT_EQ(span["flags"], 0x303);
  EXPECT_EQ(span["startTimeUnixNano"], "1700000000000000000");
  EXPECT_EQ(span["endTimeUnixNano"], "1700000000010000000");
  EXPECT_EQ(span["status"]["code"], 2);
  EXPECT_EQ(span["droppedAttributesCount"], 4);
  EXPECT_EQ(span["attributes"][1]["value"]["intValue"], "-500");
  EXPECT_EQ(span["attributes"][2]["value"]["boolValue"], true);
  EXPECT_EQ(span["attributes"][3]["value"]["doubleValue"], 0.5);
  EXPECT_EQ(span["attributes"][5]["value"]["arrayValue"]["values"][0]["stringValue"], "de");
  EXPECT_EQ(span["events"][0]["timeUnixNano"], "1700000000000000001");
  EXPECT_EQ(span["links"][0]["spanId"], "a000000000000009");
  EXPECT_EQ(span["links"][0]["flags"], 0x300);
}

TEST(OtlpJson, LeavesOutTheParentOfARoot) {
  BatchMaker maker;
  maker.add(1, "GET", make_resource("shop"));
  const json request = json::parse(encode_otlp_json(maker.spans()));
  const json& resource = request["resourceSpans"][0];
  EXPECT_EQ(resource["resource"]["attributes"][0]["value"]["stringValue"], "shop");
  EXPECT_EQ(resource["scopeSpans"][0]["scope"]["name"], "seamtrace.http");
  EXPECT_FALSE(resource["scopeSpans"][0]["spans"][0].contains("parentSpanId"));
  EXPECT_FALSE(resource["scopeSpans"][0]["spans"][0].contains("events"));
}

TEST(PartialSuccess, IsReadFromJsonWithNumbersOrStrings) {
  const auto text = parse_partial_success_json(
      R"({"partialSuccess":{"rejectedSpans":"7","errorMessage":"too old"}})");
  EXPECT_EQ(text.rejected_spans, 7);
  EXPECT_EQ(text.message, "too old");
  EXPECT_EQ(parse_partial_success_json(R"({"partialSuccess":{"rejectedSpans":7}})").rejected_spans,
            7);
}

TEST(PartialSuccess, AnythingElseMeansThatAllWasTaken) {
  for (const char* body : {"", "{}", "[]", "nonsense", R"({"partialSuccess":3})"})
    EXPECT_EQ(parse_partial_success_json(body).rejected_spans, 0) << body;
  for (const std::string_view body :
       {std::string_view(""), std::string_view("\x0a\x7f\x01"), std::string_view("\xff\xff\xff")})
    EXPECT_EQ(parse_partial_success_protobuf(body).rejected_spans, 0);
}

}  // namespace
}  // namespace seamtrace::collector
