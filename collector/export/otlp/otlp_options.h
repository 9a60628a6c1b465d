// OtlpOptions: how and where to export, out of the OTEL_EXPORTER_OTLP_* and OTEL_BSP_* variables.
// Path:    configuration -> [export/otlp]
// Failure: a bad value leaves a warning and the default.
// Source:  OpenTelemetry specification, protocol/exporter and sdk-environment-variables.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "collector/export/otlp/http_client.h"
#include "collector/export/otlp/retry.h"
#include "collector/support/configuration.h"

namespace seamtrace::collector {

enum class OtlpEncoding { kProtobuf, kJson };

struct OtlpOptions {
  std::string url;
  std::string display_url;  ///< without credentials
  OtlpEncoding encoding = OtlpEncoding::kProtobuf;
  bool compress = false;
  std::vector<std::pair<std::string, std::string>> headers;
  TlsOptions tls;
  std::chrono::milliseconds request_timeout{10'000};  ///< zero: no limit
  std::chrono::milliseconds schedule_delay{5'000};
  std::chrono::milliseconds export_timeout{30'000};  ///< with retries; zero: no limit
  size_t queue_spans = 2048;
  size_t batch_spans = 512;
  RetryPolicy retry;
};

/// Appends a sentence to `warnings` for each value that cannot be used.
OtlpOptions otlp_options(const Configuration& configuration, std::vector<std::string>& warnings);

}  // namespace seamtrace::collector
