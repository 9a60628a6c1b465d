#include "collector/interpret/http_interpreter.h"

#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <optional>

#include "collector/process/resource.h"
#include "collector/ring_reader/testing/record_builder.h"
#include "gtest/gtest.h"

namespace seamtrace::collector {
namespace {

using testing::RecordBuilder;
using testing::v4;
using wire::Outcome;

const uint64_t kNow = realtime_ns();

std::string as_text(const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  std::string list = "[";
  if (const auto* array = std::get_if<std::span<const std::string_view>>(&value))
    for (const std::string_view item : *array) list += std::string(item) + ";";
  return list + "]";
}

class HttpInterpreterTest : public ::testing::Test {
 protected:
  /// The span of a record, whose bytes are gone by the time it is looked at.
  const Span& interpret(const RecordBuilder& builder, std::optional<Death> death = {}) {
    std::string bytes = builder.bytes();
    std::vector<Slice> slices;
    auto record = parse_record(bytes, slices);
    EXPECT_TRUE(record);
    record->death = death;
    const HttpInterpreter interpreter(HttpOptions::from(Configuration::from(environment_), {}),
                                      ProducerClock(1'000, kNow - 1'000'000'000),
                                      std::make_shared<const Resource>());
    span_ = interpreter.interpret(*record, arena_, kNow);
    std::memset(bytes.data(), 'X', bytes.size());
    attributes_.clear();
    for (const Attribute& attribute : span_.attributes) {
      EXPECT_TRUE(attributes_.emplace(attribute.key, as_text(attribute.value)).second)
          << "twice: " << attribute.key;
    }
    return span_;
  }
  std::string attribute(const std::string& key) const {
    const auto found = attributes_.find(key);
    return found == attributes_.end() ? "(none)" : found->second;
  }

  Configuration::Environment environment_;
  std::pmr::monotonic_buffer_resource arena_;
  Span span_;
  std::map<std::string, std::string> attributes_;
};

RecordBuilder server(std::string_view line = "GET /shop/cart?id=7 HTTP/1.1") {
  RecordBuilder builder(1);
  builder.request(line).request_header("Host: shop.example:8080");
  return builder;
}
RecordBuilder client(std::string_view line = "GET /stock?sku=1 HTTP/1.1") {
  RecordBuilder builder(1);
  builder.client().request(line).request_header("Host: stock.example");
  builder.exchange.peer = v4(10, 0, 0, 9, 80);
  builder.exchange.local = v4(10, 0, 0, 2, 40000);
  return builder;
}

TEST_F(HttpInterpreterTest, AServerSpanHoldsWhatTheConventionsAskFor) {
  RecordBuilder builder = server();
  builder.request_header("User-Agent: curl/8.0");
  builder.slice(wire::SliceKind::kResponseLine, "HTTP/1.1 200 OK");
  builder.exchange.request_body_bytes = 12;
  builder.exchange.response_body_bytes = 345;
  const Span& span = interpret(builder);
  EXPECT_EQ(span.name, "GET");
  EXPECT_EQ(span.kind, SpanKind::kServer);
  EXPECT_EQ(span.status, StatusCode::kUnset);
  EXPECT_EQ(span.scope, "seamtrace.http");
  const std::map<std::string, std::string> expected = {
      {"http.request.method", "GET"},
      {"url.path", "/shop/cart"},
      {"url.query", "id=7"},
      {"url.scheme", "http"},
      {"server.address", "shop.example"},
      {"server.port", "8080"},
      {"client.address", "192.0.2.1"},
      {"network.peer.address", "192.0.2.1"},
      {"network.peer.port", "5000"},
      {"network.protocol.version", "1.1"},
      {"user_agent.original", "curl/8.0"},
      {"http.response.status_code", "200"},
      {"http.request.body.size", "12"},
      {"http.response.body.size", "345"},
      {"seamtrace.parent.association", "root"},
  };
  EXPECT_EQ(attributes_, expected);
}

TEST_F(HttpInterpreterTest, AClientSpanHoldsWhatTheConventionsAskFor) {
  const Span& span = interpret(client());
  EXPECT_EQ(span.name, "GET");
  EXPECT_EQ(span.kind, SpanKind::kClient);
  const std::map<std::string, std::string> expected = {
      {"http.request.method", "GET"},           {"url.full", "http://stock.example/stock?sku=1"},
      {"server.address", "stock.example"},      {"server.port", "80"},
      {"network.peer.address", "10.0.0.9"},     {"network.peer.port", "80"},
      {"network.protocol.version", "1.1"},      {"http.response.status_code", "200"},
      {"seamtrace.parent.association", "root"},
  };
  EXPECT_EQ(attributes_, expected);
}

TEST_F(HttpInterpreterTest, IdsAndTimesAreTheRecords) {
  RecordBuilder builder = server();
  builder.exchange.start_ns = 1'000 + 5;
  builder.exchange.end_ns = 1'000 + 25;
  builder.exchange.parent_span_id[3] = 7;
  builder.exchange.flags |= wire::kFlagParentRemote;
  builder.exchange.association = static_cast<uint8_t>(wire::Association::kRemote);
  builder.exchange.trace_flags = 3;
  builder.slice(wire::SliceKind::kTraceState, "a=1,b=2");
  const Span& span = interpret(builder);
  EXPECT_EQ(span.start_unix_ns, kNow - 1'000'000'000 + 5);
  EXPECT_EQ(span.end_unix_ns, kNow - 1'000'000'000 + 25);
  EXPECT_EQ(span.trace_id[0], 0xAB);
  EXPECT_EQ(span.span_id[7], 1);
  EXPECT_EQ(span.parent_span_id[3], 7);
  EXPECT_TRUE(span.parent_remote);
  EXPECT_EQ(span.trace_flags, 3);
  EXPECT_EQ(span.trace_state, "a=1,b=2");
  EXPECT_EQ(attribute("seamtrace.parent.association"), "remote");
}

TEST_F(HttpInterpreterTest, AnEndBeforeTheStartBecomesTheStart) {
  RecordBuilder builder = server();
  builder.exchange.start_ns = 5'000;
  builder.exchange.end_ns = 2'000;
  EXPECT_EQ(interpret(builder).end_unix_ns, span_.start_unix_ns);
  builder.exchange.start_ns = UINT64_MAX;
  builder.exchange.end_ns = 0;
  EXPECT_LE(interpret(builder).start_unix_ns, kNow + 3'600'000'000'000u);
}

TEST_F(HttpInterpreterTest, AnUnknownMethodIsOther) {
  EXPECT_EQ(interpret(server("get / HTTP/1.1")).name, "HTTP");
  EXPECT_EQ(attribute("http.request.method"), "_OTHER");
  EXPECT_EQ(attribute("http.request.method_original"), "get");
  EXPECT_EQ(interpret(server("QUERY / HTTP/1.1")).name, "QUERY");
  EXPECT_EQ(attribute("http.request.method_original"), "(none)");
}

TEST_F(HttpInterpreterTest, TheKnownMethodsCanBeReplaced) {
  environment_["OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"] = "PURGE";
  EXPECT_EQ(interpret(server("PURGE / HTTP/1.1")).name, "PURGE");
  EXPECT_EQ(interpret(server("GET / HTTP/1.1")).name, "HTTP");
}

TEST_F(HttpInterpreterTest, StatusFollowsTheSideOfTheSpan) {
  const auto check = [&](RecordBuilder builder, uint16_t status, StatusCode expected,
                         const std::string& error) {
    builder.exchange.status = status;
    EXPECT_EQ(interpret(builder).status, expected) << status;
    EXPECT_EQ(attribute("error.type"), error) << status;
    EXPECT_EQ(span_.status_message, "");
  };
  check(server(), 200, StatusCode::kUnset, "(none)");
  check(server(), 404, StatusCode::kUnset, "(none)");
  check(server(), 500, StatusCode::kError, "500");
  check(server(), 599, StatusCode::kError, "599");
  check(client(), 302, StatusCode::kUnset, "(none)");
  check(client(), 404, StatusCode::kError, "404");
  check(client(), 503, StatusCode::kError, "503");
}

TEST_F(HttpInterpreterTest, AnIncompleteExchangeNamesItsError) {
  const auto error = [&](RecordBuilder builder, Outcome outcome, int number) {
    builder.exchange.outcome = static_cast<uint8_t>(outcome);
    builder.exchange.error_number = number;
    if (outcome == Outcome::kNoResponse) builder.exchange.status = 0;
    interpret(builder);
    EXPECT_EQ(span_.status == StatusCode::kError, attribute("error.type") != "(none)");
    return attribute("error.type");
  };
  EXPECT_EQ(error(client(), Outcome::kNoResponse, ECONNRESET), "connection_reset");
  EXPECT_EQ(error(client(), Outcome::kNoResponse, ETIMEDOUT), "timeout");
  EXPECT_EQ(error(client(), Outcome::kNoResponse, ECONNREFUSED), "connection_refused");
  EXPECT_EQ(error(server(), Outcome::kNoResponse, EPIPE), "broken_pipe");
  EXPECT_EQ(error(server(), Outcome::kNoResponse, 0), "no_response");
  EXPECT_EQ(attribute("http.response.status_code"), "(none)");
  EXPECT_EQ(error(client(), Outcome::kResponseCut, 0), "response_incomplete");
  EXPECT_EQ(error(server(), Outcome::kRequestCut, 0), "request_incomplete");
  EXPECT_EQ(error(server(), Outcome::kUpgraded, 0), "(none)");
  EXPECT_EQ(error(server(), Outcome::kLost, ECONNRESET), "(none)");
  EXPECT_EQ(attribute("seamtrace.incomplete"), "true");
}

TEST_F(HttpInterpreterTest, AStatusIsNeverInvented) {
  RecordBuilder builder = client();
  builder.exchange.status = 100;
  builder.exchange.flags = 0;
  interpret(builder);
  EXPECT_EQ(attribute("http.response.status_code"), "(none)");
  builder.exchange.status = 101;
  interpret(builder);
  EXPECT_EQ(attribute("http.response.status_code"), "101");
  builder.exchange.status = 60000;
  interpret(builder);
  EXPECT_EQ(attribute("http.response.status_code"), "(none)");
}

TEST_F(HttpInterpreterTest, ARequestThatDiedWithItsProcessIsAnError) {
  RecordBuilder builder = server();
  builder.exchange.status = 0;
  builder.exchange.end_ns = 0;
  builder.exchange.outcome = static_cast<uint8_t>(Outcome::kInFlight);
  const auto check = [&](Death death, const std::string& error, const std::string& message) {
    const Span& span = interpret(builder, death);
    EXPECT_EQ(span.status, StatusCode::kError);
    EXPECT_EQ(attribute("error.type"), error);
    EXPECT_EQ(span.status_message, message);
    EXPECT_GE(span.end_unix_ns, span.start_unix_ns);
  };
  check({Death::Kind::kKilled, SIGKILL, kNow}, "SIGKILL",
        "the process was killed by SIGKILL while this request was in flight");
  EXPECT_EQ(span_.end_unix_ns, kNow);
  check({Death::Kind::kKilled, SIGSEGV, 5}, "SIGSEGV",
        "the process was killed by SIGSEGV while this request was in flight");
  check({Death::Kind::kKilled, 45, 5}, "signal 45",
        "the process was killed by signal 45 while this request was in flight");
  check({Death::Kind::kExited, 0, 5}, "process_exit",
        "the process exited while this request was in flight");
  check({}, "process_died", "the process died while this request was in flight");
}

TEST_F(HttpInterpreterTest, AnAnswerCountsMoreThanTheOrderlyExitThatFollowedIt) {
  RecordBuilder builder = server();
  wire::ExchangeRecord& exchange = builder.exchange;
  exchange.status = 404;
  exchange.flags |= wire::kFlagFinalStatusSeen;
  exchange.response_start_ns = exchange.start_ns + 10;
  exchange.end_ns = 0;
  exchange.outcome = static_cast<uint8_t>(Outcome::kInFlight);
  EXPECT_EQ(interpret(builder, Death{Death::Kind::kExited, 0, kNow}).status, StatusCode::kUnset);
  EXPECT_EQ(attribute("http.response.status_code"), "404");
  EXPECT_EQ(attribute("error.type"), "(none)");
  EXPECT_EQ(attribute("seamtrace.incomplete"), "true");
  EXPECT_EQ(span_.end_unix_ns, kNow);

  EXPECT_EQ(interpret(builder, Death{Death::Kind::kKilled, SIGKILL, kNow}).status,
            StatusCode::kError);
  EXPECT_EQ(attribute("error.type"), "SIGKILL");
  exchange.status = 503;
  EXPECT_EQ(interpret(builder, Death{Death::Kind::kExited, 0, kNow}).status, StatusCode::kError);
  EXPECT_EQ(attribute("error.type"), "503");
  exchange.response_start_ns = 0;
  interpret(builder, Death{Death::Kind::kExited, 0, kNow});
  EXPECT_EQ(attribute("error.type"), "process_exit");
  EXPECT_EQ(attribute("seamtrace.incomplete"), "(none)");
}

TEST_F(HttpInterpreterTest, ProxiesAreBelievedAboutTheOriginalRequest) {
  RecordBuilder builder = server();
  builder.request_header("X-Forwarded-Host: public.example, inner")
      .request_header("X-Forwarded-Proto: https")
      .request_header("X-Forwarded-For: 203.0.113.7, 10.0.0.1");
  interpret(builder);
  EXPECT_EQ(attribute("server.address"), "public.example");
  EXPECT_EQ(attribute("server.port"), "443");
  EXPECT_EQ(attribute("url.scheme"), "https");
  EXPECT_EQ(attribute("client.address"), "203.0.113.7");
  EXPECT_EQ(attribute("network.peer.address"), "192.0.2.1");
  builder.request_header("Forwarded: for=\"[2001:db8::9]\";host=best.example:444;proto=http");
  interpret(builder);
  EXPECT_EQ(attribute("server.address"), "best.example");
  EXPECT_EQ(attribute("server.port"), "444");
  EXPECT_EQ(attribute("url.scheme"), "http");
  EXPECT_EQ(attribute("client.address"), "2001:db8::9");
}

TEST_F(HttpInterpreterTest, AClientDoesNotTakeItsOwnForwardedFieldsForItsServer) {
  RecordBuilder builder = client();
  builder.request_header("X-Forwarded-Host: public.example").request_header("Forwarded: host=x");
  interpret(builder);
  EXPECT_EQ(attribute("server.address"), "stock.example");
}

TEST_F(HttpInterpreterTest, WithoutAHostTheSocketSpeaks) {
  RecordBuilder builder(1);
  builder.request("GET / HTTP/1.0");
  interpret(builder);
  EXPECT_EQ(attribute("server.address"), "127.0.0.1");
  EXPECT_EQ(attribute("server.port"), "8080");
  EXPECT_EQ(attribute("network.protocol.version"), "1.0");
  builder.client();
  interpret(builder);
  EXPECT_EQ(attribute("server.address"), "192.0.2.1");
  EXPECT_EQ(attribute("server.port"), "5000");
  EXPECT_EQ(attribute("url.full"), "http://192.0.2.1:5000/");
}

TEST_F(HttpInterpreterTest, AddressesOfTheSixthVersion) {
  RecordBuilder builder(1);
  builder.request("GET / HTTP/1.1").request_header("Host: [::1]:8080");
  builder.exchange.peer = {};
  builder.exchange.peer.family = AF_INET6;
  builder.exchange.peer.port = 9;
  builder.exchange.peer.address[15] = 1;
  interpret(builder);
  EXPECT_EQ(attribute("server.address"), "::1");
  EXPECT_EQ(attribute("server.port"), "8080");
  EXPECT_EQ(attribute("client.address"), "::1");
  const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 7};
  std::memcpy(builder.exchange.peer.address, mapped, sizeof(mapped));
  interpret(builder);
  EXPECT_EQ(attribute("client.address"), "192.0.2.7");
}

TEST_F(HttpInterpreterTest, AUnixPeerHasAPath) {
  RecordBuilder builder = client();
  builder.exchange.peer = {};
  builder.exchange.peer.family = AF_UNIX;
  builder.slice(wire::SliceKind::kUnixPath, "/run/app.sock");
  interpret(builder);
  EXPECT_EQ(attribute("network.peer.address"), "/run/app.sock");
  EXPECT_EQ(attribute("network.transport"), "unix");
  EXPECT_EQ(attribute("url.full"), "http://stock.example/stock?sku=1");
}

TEST_F(HttpInterpreterTest, SecretsStayOutOfUrls) {
  interpret(client("GET http://user:pass@h.example/x?sig=abc&a=1 HTTP/1.1"));
  EXPECT_EQ(attribute("url.full"), "http://REDACTED:REDACTED@h.example/x?sig=REDACTED&a=1");
  EXPECT_EQ(attribute("server.address"), "h.example");
  EXPECT_EQ(attribute("server.port"), "80");
  environment_["SEAMTRACE_HTTP_REDACT_QUERY_KEYS"] = "token";
  interpret(server("GET /x?token=abc&X-Amz-Signature=1 HTTP/1.1"));
  EXPECT_EQ(attribute("url.query"), "token=REDACTED&X-Amz-Signature=REDACTED");
  for (const auto& [key, value] : attributes_) EXPECT_EQ(value.find("abc"), std::string::npos);
}

TEST_F(HttpInterpreterTest, TargetsOfEveryForm) {
  interpret(server("GET http://abs.example:81/p?q HTTP/1.1"));
  EXPECT_EQ(attribute("url.path"), "/p");
  EXPECT_EQ(attribute("server.address"), "abs.example");
  EXPECT_EQ(attribute("server.port"), "81");
  interpret(server("OPTIONS * HTTP/1.1"));
  EXPECT_EQ(attribute("url.path"), "*");
  interpret(client("OPTIONS * HTTP/1.1"));
  EXPECT_EQ(attribute("url.full"), "http://stock.example");
  interpret(client("CONNECT far.example:443 HTTP/1.1"));
  EXPECT_EQ(attribute("server.address"), "far.example");
  EXPECT_EQ(attribute("server.port"), "443");
  EXPECT_EQ(attribute("url.full"), "far.example:443");
}

TEST_F(HttpInterpreterTest, AClientTalksToThePortThatItIsConnectedTo) {
  RecordBuilder builder = client();
  builder.exchange.peer = v4(10, 0, 0, 9, 9000);
  interpret(builder);
  EXPECT_EQ(attribute("server.port"), "9000");
  EXPECT_EQ(attribute("url.full"), "http://stock.example:9000/stock?sku=1");
}

TEST_F(HttpInterpreterTest, CapturesTheHeadersThatAreAskedFor) {
  environment_["OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST"] = "X-Tenant, Accept";
  environment_["OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE"] = "X-Cache";
  environment_["OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST"] = "X-Other";
  RecordBuilder builder = server();
  builder.request_header("x-tenant: one").request_header("X-TENANT: two");
  builder.request_header("X-Other: no").request_header("X-Cache: request");
  builder.response_header("X-Cache: hit").response_header("Accept: response");
  interpret(builder);
  EXPECT_EQ(attribute("http.request.header.x-tenant"), "[one;two;]");
  EXPECT_EQ(attribute("http.response.header.x-cache"), "[hit;]");
  EXPECT_EQ(attribute("http.request.header.accept"), "(none)");
  EXPECT_EQ(attribute("http.request.header.x-other"), "(none)");
}

TEST_F(HttpInterpreterTest, TheOldNamesAreThereWhenAskedFor) {
  environment_["OTEL_SEMCONV_STABILITY_OPT_IN"] = "database/dup, http/dup";
  interpret(server());
  EXPECT_EQ(attribute("http.method"), "GET");
  EXPECT_EQ(attribute("http.status_code"), "200");
  EXPECT_EQ(attribute("http.target"), "/shop/cart?id=7");
  EXPECT_EQ(attribute("http.scheme"), "http");
  EXPECT_EQ(attribute("net.host.name"), "shop.example");
  EXPECT_EQ(attribute("net.host.port"), "8080");
  EXPECT_EQ(attribute("http.request.method"), "GET");
  interpret(client());
  EXPECT_EQ(attribute("http.url"), "http://stock.example/stock?sku=1");
  EXPECT_EQ(attribute("net.peer.name"), "stock.example");
  environment_["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http";
  interpret(server());
  EXPECT_EQ(attribute("http.method"), "(none)");
}

TEST_F(HttpInterpreterTest, ARestartedTraceLinksToTheIncomingContext) {
  RecordBuilder builder = server();
  builder.exchange.flags |= wire::kFlagTraceRestarted;
  builder.exchange.link_trace_id[0] = 0x11;
  builder.exchange.link_span_id[0] = 0x22;
  ASSERT_EQ(interpret(builder).links.size(), 1u);
  EXPECT_EQ(span_.links[0].trace_id[0], 0x11);
  EXPECT_EQ(span_.links[0].span_id[0], 0x22);
  EXPECT_TRUE(span_.links[0].remote);
  builder.exchange.link_span_id[0] = 0;
  EXPECT_TRUE(interpret(builder).links.empty());
}

TEST_F(HttpInterpreterTest, WhateverTheBytesAreTheTextIsUtf8) {
  RecordBuilder builder = server(std::string_view("GET /\xFF\x00\xC3?\xE2\x82 HTTP/1.1", 19));
  builder.request_header("User-Agent: \xF0\x9F").request_header("X-Forwarded-Host: \xED\xA0\x80");
  builder.slice(wire::SliceKind::kTraceState, "\xFF");
  interpret(builder);
  EXPECT_EQ(attribute("url.path"), std::string("/\xEF\xBF\xBD\0\xEF\xBF\xBD", 8));
  for (const auto& [key, value] : attributes_) EXPECT_TRUE(is_valid_utf8(value)) << key;
  EXPECT_TRUE(is_valid_utf8(span_.trace_state));
}

TEST_F(HttpInterpreterTest, ARecordWithoutSlicesIsStillASpan) {
  RecordBuilder builder(1);
  builder.exchange.flags |= wire::kFlagHeadTruncated;
  EXPECT_EQ(interpret(builder).name, "HTTP");
  EXPECT_EQ(attribute("http.request.method"), "_OTHER");
  EXPECT_EQ(attribute("seamtrace.head_truncated"), "true");
}

TEST_F(HttpInterpreterTest, EveryAssociationHasItsName) {
  const char* const names[] = {"root",    "remote",   "exact",       "handoff",
                               "runtime", "inferred", "environment", "adopted"};
  for (uint8_t i = 0; i < 8; ++i) {
    RecordBuilder builder = client();
    builder.exchange.association = i;
    interpret(builder);
    EXPECT_EQ(attribute("seamtrace.parent.association"), names[i]);
  }
}

}  // namespace
}  // namespace seamtrace::collector
