#include "collector/receive/otlp_receiver.h"

#include <gtest/gtest.h>

#include <protozero/pbf_reader.hpp>

#include "collector/export/otlp/gzip.h"
#include "collector/export/otlp/otlp_encoder.h"
#include "collector/receive/testing/decoding.h"
#include "nlohmann/json.hpp"

namespace seamtrace::collector {
namespace {

using testing::good_span;
using testing::Message;
using testing::request_of;

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::string_view kJson = "application/json";

std::string json_request(std::string_view span_id = "b7ad6b7169203331") {
  return R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":)"
         R"("0af7651916cd43dd8448eb211c80319c","startTimeUnixNano":"5","endTimeUnixNano":"6","spanId":")" +
         std::string(span_id) + R"("}]}]}]})";
}

class OtlpReceiverTest : public ::testing::Test {
 protected:
  static HttpRequest post(std::string_view content_type, std::string body,
                          std::string_view encoding = "") {
    HttpRequest request;
    request.method = "POST";
    request.path = "/v1/traces";
    request.body = std::move(body);
    if (!content_type.empty()) request.headers["content-type"] = content_type;
    if (!encoding.empty()) request.headers["content-encoding"] = encoding;
    return request;
  }

  /// The sentence of a google.rpc.Status or of a partial success, whichever it is.
  static std::string message_of(const HttpResponse& response) {
    if (response.content_type == kJson) {
      const auto json = nlohmann::json::parse(response.body);
      if (json.contains("message")) return json["message"];
      return json.contains("partialSuccess") ? json["partialSuccess"]["errorMessage"] : "";
    }
    if (response.status == 200) return parse_partial_success_protobuf(response.body).message;
    protozero::pbf_reader status(response.body.data(), response.body.size());
    return status.next(2) ? status.get_string() : "(none)";
  }

  std::map<std::string, uint64_t> refused() const { return receiver.statistics().refused; }

  SinkAnswer sink_answer = SinkAnswer::kTaken;
  size_t taken = 0;
  OtlpReceiver receiver{[this](SpanList&& spans) {
                          if (sink_answer == SinkAnswer::kTaken) taken += spans.spans.size();
                          return sink_answer;
                        },
                        ReceiverLimits{.most_body = 2000, .most_unpacked = 4000}};
};

TEST_F(OtlpReceiverTest, spans_are_taken_in_either_format_with_or_without_compression) {
  const std::string protobuf = request_of({good_span()});
  size_t expected = 0;
  for (const std::string_view encoding : {"", "identity", "gzip", "GZIP"}) {
    const bool packed = encoding == "gzip" || encoding == "GZIP";
    const auto body = [&](const std::string& plain) { return packed ? *gzip(plain) : plain; };
    const HttpResponse first = receiver.handle(post(kProtobuf, body(protobuf), encoding));
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.content_type, kProtobuf);
    EXPECT_EQ(first.body, "");
    const HttpResponse second =
        receiver.handle(post("Application/JSON; charset=utf-8", body(json_request()), encoding));
    EXPECT_EQ(second.status, 200);
    EXPECT_EQ(second.content_type, kJson);
    EXPECT_EQ(second.body, "{}");
    expected += 2;
    EXPECT_EQ(taken, expected);
  }
  EXPECT_EQ(receiver.statistics().spans, expected);
  EXPECT_EQ(receiver.statistics().requests, expected);
  EXPECT_TRUE(refused().empty());
}

TEST_F(OtlpReceiverTest, an_empty_request_is_well) {
  EXPECT_EQ(receiver.handle(post(kProtobuf, "")).status, 200);
  EXPECT_EQ(receiver.handle(post(kJson, "{}")).status, 200);
  EXPECT_EQ(receiver.statistics().requests, 2u);
  EXPECT_EQ(taken, 0u);
}

TEST_F(OtlpReceiverTest, a_partial_success_tells_how_many_spans_were_rejected_and_why) {
  const HttpResponse first = receiver.handle(post(kProtobuf, request_of({good_span(), Message()})));
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(parse_partial_success_protobuf(first.body).rejected_spans, 1);
  EXPECT_EQ(message_of(first), "1 of 2 spans rejected: 1 span: its trace id is missing");
  const HttpResponse second = receiver.handle(post(kJson, json_request("77")));
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(parse_partial_success_json(second.body).rejected_spans, 1);
  EXPECT_EQ(message_of(second),
            "1 of 1 span rejected: 1 span: its span id has 1 byte instead of 8");
  EXPECT_EQ(taken, 1u);
  EXPECT_EQ(refused(),
            (std::map<std::string, uint64_t>{{"span_trace_id", 1}, {"span_span_id", 1}}));
}

TEST_F(OtlpReceiverTest, a_warning_comes_without_rejected_spans) {
  Message backwards;
  backwards.bytes(1, testing::kTraceIdBytes).bytes(2, testing::kSpanIdBytes).fixed64(7, 5);
  const HttpResponse response = receiver.handle(post(kProtobuf, request_of({backwards})));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(parse_partial_success_protobuf(response.body).rejected_spans, 0);
  EXPECT_EQ(message_of(response), "1 span ended before the start: taken without duration");
  EXPECT_EQ(taken, 1u);
}

TEST_F(OtlpReceiverTest, a_busy_sink_asks_for_a_later_attempt) {
  sink_answer = SinkAnswer::kBusy;
  for (const std::string_view type : {kProtobuf, kJson}) {
    const HttpResponse response = receiver.handle(
        post(type, type == kJson ? json_request() : request_of({good_span(), Message()})));
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.content_type, type);
    ASSERT_EQ(response.headers.size(), 1u);
    EXPECT_EQ(response.headers[0].first, "Retry-After");
    EXPECT_EQ(response.headers[0].second, "1");
    EXPECT_EQ(message_of(response),
              "the spans cannot be kept at the moment; send them again later");
  }
  EXPECT_EQ(receiver.statistics().spans, 0u);
  EXPECT_EQ(receiver.statistics().requests, 0u);
  // The bad span comes again, too: it is not counted yet.
  EXPECT_EQ(refused(), (std::map<std::string, uint64_t>{{"busy", 2}}));
}

TEST_F(OtlpReceiverTest, what_is_not_understood_is_refused_in_the_format_of_the_request) {
  for (const std::string_view type : {kProtobuf, kJson}) {
    const HttpResponse response = receiver.handle(post(type, "\x0a\x7fhello"));
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.content_type, type);
    EXPECT_EQ(message_of(response).substr(0, 12), "the body is ");
  }
  EXPECT_EQ(refused(), (std::map<std::string, uint64_t>{{"malformed", 2}}));
  EXPECT_EQ(receiver.statistics().last_error, "the body is not JSON: it goes wrong at byte 2");
}

TEST_F(OtlpReceiverTest, too_long_bodies_are_refused) {
  EXPECT_EQ(receiver.handle(post(kProtobuf, std::string(2001, 'x'))).status, 413);
  const std::string zeros(100'000, ' ');
  const HttpResponse bomb = receiver.handle(post(kJson, *gzip(zeros), "gzip"));
  EXPECT_EQ(bomb.status, 413);
  EXPECT_EQ(message_of(bomb),
            "the body has more than 4000 bytes when it is decompressed; send smaller batches");
  EXPECT_EQ(refused(), (std::map<std::string, uint64_t>{{"too_large", 2}}));
}

TEST_F(OtlpReceiverTest, what_the_http_server_refuses_is_answered_and_counted_as_otlp_has_it) {
  for (const std::string_view type : {kProtobuf, kJson}) {
    const HttpRequest head = post(type, "");
    const HttpResponse long_one = receiver.handle_refused(413, "too long", head);
    EXPECT_EQ(long_one.status, 413);
    EXPECT_EQ(long_one.content_type, type);
    EXPECT_EQ(message_of(long_one), "the body has more than 2000 bytes; send smaller batches");
    const HttpResponse busy = receiver.handle_refused(503, "no memory", head);
    EXPECT_EQ(busy.status, 503);
    EXPECT_EQ(message_of(busy), "no memory");
    ASSERT_EQ(busy.headers.size(), 1u);
    EXPECT_EQ(busy.headers[0], (std::pair<std::string, std::string>{"Retry-After", "1"}));
    const HttpResponse long_head = receiver.handle_refused(431, "a long head", head);
    EXPECT_EQ(long_head.status, 431);
    EXPECT_EQ(message_of(long_head), "a long head");
  }
  EXPECT_EQ(refused(),
            (std::map<std::string, uint64_t>{{"too_large", 2}, {"busy", 2}, {"malformed", 2}}));
}

TEST_F(OtlpReceiverTest, what_is_not_or_only_half_gzip_is_refused) {
  const std::string packed = *gzip(request_of({good_span()}));
  for (size_t size = 0; size < packed.size(); ++size)
    EXPECT_EQ(receiver.handle(post(kProtobuf, packed.substr(0, size), "gzip")).status, 400) << size;
  EXPECT_EQ(receiver.handle(post(kProtobuf, packed + "tail", "gzip")).status, 400);
  EXPECT_EQ(receiver.handle(post(kProtobuf, request_of({good_span()}), "gzip")).status, 400);
  EXPECT_EQ(taken, 0u);
}

TEST_F(OtlpReceiverTest, gzip_of_several_members_is_one_body) {
  const std::string body = request_of({good_span()});
  const std::string packed = *gzip(body.substr(0, 10)) + *gzip(body.substr(10));
  EXPECT_EQ(receiver.handle(post(kProtobuf, packed, "gzip")).status, 200);
  EXPECT_EQ(taken, 1u);
}

TEST_F(OtlpReceiverTest, other_types_and_encodings_are_refused) {
  const std::string body = request_of({good_span()});
  for (const std::string_view type : {"", "text/plain", "application/grpc"})
    EXPECT_EQ(receiver.handle(post(type, body)).status, 415) << type;
  for (const std::string_view encoding : {"deflate", "br", "zstd", "gzip, gzip"})
    EXPECT_EQ(receiver.handle(post(kProtobuf, body, encoding)).status, 415) << encoding;
  EXPECT_EQ(refused(), (std::map<std::string, uint64_t>{{"content_type", 3}, {"encoding", 4}}));
  EXPECT_EQ(taken, 0u);
}

TEST_F(OtlpReceiverTest, other_methods_are_refused) {
  HttpRequest request = post(kJson, json_request());
  request.method = "GET";
  const HttpResponse response = receiver.handle(request);
  EXPECT_EQ(response.status, 405);
  ASSERT_EQ(response.headers.size(), 1u);
  EXPECT_EQ(response.headers[0], (std::pair<std::string, std::string>{"Allow", "POST"}));
}

TEST_F(OtlpReceiverTest, other_signals_are_told_that_only_traces_are_received) {
  for (const auto& [path, variable] :
       {std::pair{"/v1/metrics", "OTEL_METRICS_EXPORTER"}, {"/v1/logs", "OTEL_LOGS_EXPORTER"}}) {
    HttpRequest request = post(kProtobuf, "");
    request.path = path;
    const HttpResponse response = receiver.handle(request);
    EXPECT_EQ(response.status, 404);  // an SDK does not try again
    EXPECT_NE(message_of(response).find(std::string(variable) + "=none"), std::string::npos);
  }
  HttpRequest request = post(kJson, "{}");
  request.path = "/";
  EXPECT_EQ(message_of(receiver.handle(request)), "OTLP is received at /v1/traces");
}

}  // namespace
}  // namespace seamtrace::collector
