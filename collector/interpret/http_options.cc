#include "collector/interpret/http_options.h"

#include <algorithm>

#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

std::vector<HttpOptions::Capture> captures(const Configuration& configuration,
                                           std::string_view option, std::string_view prefix) {
  std::vector<HttpOptions::Capture> result;
  for (std::string name : configuration.list(option)) {
    std::transform(name.begin(), name.end(), name.begin(), wire::to_lower);
    result.push_back({name, std::string(prefix) + name});
  }
  return result;
}

}  // namespace

HttpOptions HttpOptions::from(const Configuration& configuration,
                              const std::vector<std::string>& more_redacted_keys) {
  constexpr std::string_view kRequest = "http.request.header.";
  constexpr std::string_view kResponse = "http.response.header.";
  HttpOptions options;
  options.known_methods = configuration.list("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS");
  options.redacted_keys = configuration.list("SEAMTRACE_HTTP_REDACT_QUERY_KEYS");
  options.redacted_keys.insert(options.redacted_keys.end(), more_redacted_keys.begin(),
                               more_redacted_keys.end());
  options.server.request =
      captures(configuration, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST", kRequest);
  options.server.response = captures(
      configuration, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE", kResponse);
  options.client.request =
      captures(configuration, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST", kRequest);
  options.client.response = captures(
      configuration, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE", kResponse);
  for (const std::string& item : configuration.list("OTEL_SEMCONV_STABILITY_OPT_IN"))
    options.old_names = options.old_names || item == "http/dup";
  return options;
}

}  // namespace seamtrace::collector
