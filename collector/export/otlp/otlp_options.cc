#include "collector/export/otlp/otlp_options.h"

#include <algorithm>
#include <string_view>

#include "collector/export/otlp/endpoint.h"

namespace seamtrace::collector {

namespace {

constexpr std::string_view kBaseEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
constexpr std::string_view kTracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

/// RFC 9110's token: what a header may be called.
bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; });
}

Endpoint choose_endpoint(const Configuration& configuration, std::vector<std::string>& warnings) {
  if (configuration.is_set(kTracesEndpoint)) {
    Endpoint endpoint = parse_traces_endpoint(configuration.text(kTracesEndpoint));
    if (endpoint.valid()) return endpoint;
    warnings.push_back(std::string(kTracesEndpoint) + ": " + endpoint.error + "; ignored");
  }
  Endpoint endpoint = parse_base_endpoint(configuration.text(kBaseEndpoint));
  if (endpoint.valid()) return endpoint;
  constexpr std::string_view kDefault = "http://localhost:4318";
  warnings.push_back(std::string(kBaseEndpoint) + ": " + endpoint.error + "; ignored, using " +
                     std::string(kDefault));
  return parse_base_endpoint(kDefault);
}

}  // namespace

OtlpOptions otlp_options(const Configuration& configuration, std::vector<std::string>& warnings) {
  const auto text = [&](std::string_view of_traces, std::string_view of_all) {
    return std::string(configuration.text(configuration.first_set({of_traces, of_all})));
  };
  const auto milliseconds = [&](std::string_view name) {
    return std::chrono::milliseconds(configuration.number(name).value_or(0));
  };

  OtlpOptions options;
  const Endpoint endpoint = choose_endpoint(configuration, warnings);
  options.url = endpoint.url;
  options.display_url = endpoint.display;

  if (text("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL") == "http/json")
    options.encoding = OtlpEncoding::kJson;
  options.compress =
      text("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION") == "gzip";

  const std::string_view headers =
      configuration.first_set({"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"});
  for (auto& [name, value] : configuration.pairs(headers)) {
    if (is_token(name) && is_header_value(value)) {
      options.headers.emplace_back(std::move(name), std::move(value));
    } else {
      // The value may be a secret and the name a mangled secret: neither is repeated.
      warnings.push_back(std::string(headers) + ": one of the names is not a header name; ignored");
    }
  }

  options.tls.certificate =
      text("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE");
  options.tls.client_key =
      text("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY");
  options.tls.client_certificate =
      text("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE");

  options.request_timeout = milliseconds(
      configuration.first_set({"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"}));
  options.schedule_delay = milliseconds("OTEL_BSP_SCHEDULE_DELAY");
  options.export_timeout = milliseconds("OTEL_BSP_EXPORT_TIMEOUT");
  options.queue_spans = configuration.number("OTEL_BSP_MAX_QUEUE_SIZE").value_or(2048);
  options.batch_spans = configuration.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE").value_or(512);
  return options;
}

}  // namespace seamtrace::collector
