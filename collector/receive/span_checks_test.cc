// Which spans are taken, which are not, and what the sender is told.
#include <gtest/gtest.h>

#include "collector/receive/testing/decoding.h"

namespace seamtrace::collector {
namespace {

using testing::from_protobuf;
using testing::good_span;
using testing::kBegin;
using testing::kSecond;
using testing::kSpanIdBytes;
using testing::kTraceIdBytes;
using testing::Message;
using testing::request_of;

constexpr std::string_view kZeros("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);

Message span_of(std::string_view trace_id, std::string_view span_id,
                std::string_view parent_span_id = {}) {
  Message span;
  span.bytes(1, trace_id).bytes(2, span_id).fixed64(7, kBegin).fixed64(8, kBegin);
  if (!parent_span_id.empty()) span.bytes(4, parent_span_id);
  return span;
}

Message span_between(uint64_t start, uint64_t end) {
  Message span;
  span.bytes(1, kTraceIdBytes).bytes(2, kSpanIdBytes);
  if (start != 0) span.fixed64(7, start);
  if (end != 0) span.fixed64(8, end);
  return span;
}

struct Bad {
  Message span;
  Refusal refusal;
  std::string message;
};

TEST(SpanChecksTest, a_bad_span_is_rejected_with_its_reason_and_the_others_are_taken) {
  const uint64_t late = uint64_t{1} << 63;
  const std::vector<Bad> all{
      {span_of("", kSpanIdBytes), Refusal::kTraceId, "its trace id is missing"},
      {span_of("short", kSpanIdBytes), Refusal::kTraceId, "its trace id has 5 bytes instead of 16"},
      {span_of("0123456789abcdef0", kSpanIdBytes), Refusal::kTraceId,
       "its trace id has 17 bytes instead of 16"},
      {span_of(kZeros, kSpanIdBytes), Refusal::kTraceId, "its trace id is all zero"},
      {span_of(kTraceIdBytes, ""), Refusal::kSpanId, "its span id is missing"},
      {span_of(kTraceIdBytes, "123456789"), Refusal::kSpanId,
       "its span id has 9 bytes instead of 8"},
      {span_of(kTraceIdBytes, kZeros.substr(0, 8)), Refusal::kSpanId, "its span id is all zero"},
      {span_of(kTraceIdBytes, kSpanIdBytes, "7"), Refusal::kParentSpanId,
       "its parent span id has 1 byte instead of 8"},
      {span_between(0, kBegin), Refusal::kTime, "its start time is missing"},
      {span_between(late, late), Refusal::kTime, "its time is after the year 2262"},
      {span_between(kBegin, late), Refusal::kTime, "its time is after the year 2262"},
  };
  for (const Bad& bad : all) {
    const DecodedRequest request = from_protobuf(request_of({good_span(), bad.span, good_span()}));
    ASSERT_FALSE(request.fault);
    EXPECT_EQ(request.list.spans.size(), 2u) << bad.message;
    EXPECT_EQ(request.rejected, 1u);
    EXPECT_EQ(request.rejections, (std::map<Refusal, uint64_t>{{bad.refusal, 1}})) << bad.message;
    EXPECT_EQ(request.message, "1 of 3 spans rejected: 1 span: " + bad.message);
  }
}

TEST(SpanChecksTest, all_reasons_are_told_with_their_numbers) {
  const Message no_trace = span_of("", kSpanIdBytes), no_span = span_of(kTraceIdBytes, "");
  const DecodedRequest request = from_protobuf(request_of({no_trace, no_span, no_trace}));
  EXPECT_TRUE(request.list.spans.empty());
  EXPECT_EQ(request.message,
            "3 of 3 spans rejected: 1 span: its span id is missing; "
            "2 spans: its trace id is missing");
}

TEST(SpanChecksTest, a_sender_that_is_wrong_in_many_ways_gets_a_short_answer) {
  Message scope_spans;
  for (size_t length = 1; length < 400; ++length)
    scope_spans.message(2, span_of(std::string(length, 'x'), kSpanIdBytes));
  const DecodedRequest request =
      from_protobuf(Message().message(1, Message().message(2, scope_spans)).text());
  EXPECT_EQ(request.rejected, 398u);
  EXPECT_LT(request.message.size(), 600u);
}

TEST(SpanChecksTest, a_parent_of_zeros_is_none) {
  const DecodedRequest request =
      from_protobuf(request_of({span_of(kTraceIdBytes, kSpanIdBytes, kZeros.substr(0, 8))}));
  ASSERT_EQ(request.list.spans.size(), 1u);
  EXPECT_EQ(request.list.spans[0].parent_span_id, SpanId{});
  EXPECT_EQ(request.list.spans[0].association, wire::Association::kRoot);
}

TEST(SpanChecksTest, a_span_that_ends_before_it_begins_is_taken_without_duration) {
  for (const uint64_t end : {uint64_t{0}, kBegin - 1}) {
    const DecodedRequest request = from_protobuf(request_of({span_between(kBegin, end)}));
    ASSERT_EQ(request.list.spans.size(), 1u);
    EXPECT_EQ(request.list.spans[0].end_unix_ns, kBegin);
    EXPECT_EQ(request.rejected, 0u);
    EXPECT_EQ(request.message, "1 span ended before the start: taken without duration");
  }
}

TEST(SpanChecksTest, a_link_that_names_no_span_is_left_out_and_counted) {
  Message span = good_span();
  span.message(13, Message().bytes(1, kTraceIdBytes).bytes(2, kSpanIdBytes));
  span.message(13, Message().bytes(1, kTraceIdBytes)).number(14, 3);
  const DecodedRequest request = from_protobuf(request_of({span}));
  ASSERT_EQ(request.list.spans.size(), 1u);
  EXPECT_EQ(request.list.spans[0].links.size(), 1u);
  EXPECT_EQ(request.list.spans[0].dropped_links, 4u);
  EXPECT_EQ(request.message, "1 link names no span: left out");
}

TEST(SpanChecksTest, where_an_older_sdk_does_not_say_what_answers_has_its_parent_elsewhere) {
  const auto remote = [](uint64_t kind, uint32_t flags) {
    Message span = span_of(kTraceIdBytes, kSpanIdBytes, "76543210");
    span.number(6, kind).fixed32(16, flags);
    return from_protobuf(request_of({span})).list.spans.at(0).parent_remote;
  };
  EXPECT_TRUE(remote(2, 0x001));
  EXPECT_TRUE(remote(5, 0));
  EXPECT_FALSE(remote(3, 0x001));
  EXPECT_FALSE(remote(2, 0x101));
  EXPECT_TRUE(remote(3, 0x301));
}

TEST(SpanChecksTest, kinds_and_statuses_that_nobody_knows_are_the_plain_ones) {
  Message span = good_span();
  span.number(6, 77).message(15, Message().number(3, 9));
  const DecodedRequest request = from_protobuf(request_of({span, good_span()}));
  ASSERT_EQ(request.list.spans.size(), 2u);
  EXPECT_EQ(request.list.spans[0].kind, SpanKind::kInternal);
  EXPECT_EQ(request.list.spans[0].status, StatusCode::kUnset);
  EXPECT_EQ(request.list.spans[1].kind, SpanKind::kInternal);
}

TEST(SpanChecksTest, resources_are_the_same_object_from_request_to_request) {
  ResourceCache resources;
  const ReceiverLimits limits;
  const auto resource_of = [&](std::string_view service) {
    const Message resource =
        Message().message(1, testing::key_value("service.name", testing::text_value(service)));
    const std::string body =
        Message()
            .message(1,
                     Message().message(1, resource).message(2, Message().message(2, good_span())))
            .text();
    return decode_protobuf(body, resources, limits).list.spans.at(0).resource;
  };
  const auto shop = resource_of("shop");
  EXPECT_EQ(resource_of("shop"), shop);
  EXPECT_NE(resource_of("bank"), shop);
  for (size_t i = 0; i < 2 * ResourceCache::kMost; ++i) resource_of(std::to_string(i));
  EXPECT_EQ(resource_of("shop")->service_name(), "shop");
}

}  // namespace
}  // namespace seamtrace::collector
