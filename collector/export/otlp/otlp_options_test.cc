#include "collector/export/otlp/otlp_options.h"

#include <gtest/gtest.h>

#include "collector/export/otlp/endpoint.h"

namespace seamtrace::collector {
namespace {

using std::chrono::milliseconds;

struct Read {
  OtlpOptions options;
  std::vector<std::string> warnings;
};

Read read(Configuration::Environment environment) {
  Read result;
  result.options = otlp_options(Configuration::from(std::move(environment)), result.warnings);
  return result;
}

TEST(OtlpOptions, DefaultsAreTheSpecifications) {
  const auto [options, warnings] = read({});
  EXPECT_EQ(options.url, "http://localhost:4318/v1/traces");
  EXPECT_EQ(options.encoding, OtlpEncoding::kProtobuf);
  EXPECT_FALSE(options.compress);
  EXPECT_EQ(options.request_timeout, milliseconds(10'000));
  EXPECT_EQ(options.schedule_delay, milliseconds(5'000));
  EXPECT_EQ(options.export_timeout, milliseconds(30'000));
  EXPECT_EQ(options.queue_spans, 2048u);
  EXPECT_EQ(options.batch_spans, 512u);
  EXPECT_TRUE(warnings.empty());
}

TEST(OtlpOptions, BaseEndpointGetsTheSignalsPath) {
  const std::pair<const char*, const char*> kCases[] = {
      {"http://host:1234", "http://host:1234/v1/traces"},
      {"http://host:1234/", "http://host:1234/v1/traces"},
      {"https://host/otlp", "https://host/otlp/v1/traces"},
      {"https://host/otlp/", "https://host/otlp/v1/traces"},
      {"http://[::1]:4318", "http://[::1]:4318/v1/traces"},
      {"http://host/?token=x", "http://host/v1/traces?token=x"},
  };
  for (const auto& [text, url] : kCases) EXPECT_EQ(parse_base_endpoint(text).url, url) << text;
}

TEST(OtlpOptions, TracesEndpointIsUsedAsItIs) {
  EXPECT_EQ(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://all"},
                  {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:1/in"}})
                .options.url,
            "http://traces:1/in");
  EXPECT_EQ(parse_traces_endpoint("http://traces:1").url, "http://traces:1/");
}

TEST(OtlpOptions, MalformedEndpointsAreExplained) {
  EXPECT_NE(parse_base_endpoint("localhost:4318").error.find("http://localhost:4318"),
            std::string::npos);
  for (const char* text : {"", "ftp://host", "http://", "http://host:99999", "http://a b",
                           "http://host:port", "://x", "file:///etc/passwd"})
    EXPECT_FALSE(parse_base_endpoint(text).valid()) << text;
}

TEST(OtlpOptions, BadEndpointIsReportedAndTheDefaultUsed) {
  const auto [options, warnings] = read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"}});
  EXPECT_EQ(options.url, "http://localhost:4318/v1/traces");
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("OTEL_EXPORTER_OTLP_ENDPOINT"), std::string::npos);
}

TEST(OtlpOptions, CredentialsNeverReachTheDisplay) {
  const Endpoint endpoint = parse_base_endpoint("https://me:secret@host/?key=secret");
  EXPECT_EQ(endpoint.url, "https://me:secret@host/v1/traces?key=secret");
  EXPECT_EQ(endpoint.display, "https://host/v1/traces");
}

TEST(OtlpOptions, SignalsOwnVariablesWin) {
  const auto [options, warnings] = read({{"OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"},
                                         {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"},
                                         {"OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"},
                                         {"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none"},
                                         {"OTEL_EXPORTER_OTLP_TIMEOUT", "1"},
                                         {"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2"},
                                         {"OTEL_EXPORTER_OTLP_CERTIFICATE", "/all.pem"},
                                         {"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/traces.pem"},
                                         {"OTEL_EXPORTER_OTLP_CLIENT_KEY", "/key.pem"},
                                         {"OTEL_EXPORTER_OTLP_HEADERS", "a=1"},
                                         {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "b=2%20x"}});
  EXPECT_EQ(options.encoding, OtlpEncoding::kJson);
  EXPECT_FALSE(options.compress);
  EXPECT_EQ(options.request_timeout, milliseconds(2));
  EXPECT_EQ(options.tls.certificate, "/traces.pem");
  EXPECT_EQ(options.tls.client_key, "/key.pem");
  ASSERT_EQ(options.headers.size(), 1u);
  EXPECT_EQ(options.headers[0], std::make_pair(std::string("b"), std::string("2 x")));
}

TEST(OtlpOptions, NamesThatAreNoHeaderNamesAreLeftOutWithoutRepeatingThem) {
  const auto [options, warnings] = read({{"OTEL_EXPORTER_OTLP_HEADERS", "bad%20name=secret,ok=1"}});
  ASSERT_EQ(options.headers.size(), 1u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].find("secret"), std::string::npos);
}

}  // namespace
}  // namespace seamtrace::collector
