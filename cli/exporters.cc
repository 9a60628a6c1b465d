#include "cli/exporters.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/complaint.h"
#include "collector/export/console/console_exporter.h"
#include "collector/export/otlp/otlp_exporter.h"
#include "collector/export/text.h"
#include "collector/support/log.h"
#include "wire/configuration.h"

namespace seamtrace::cli {

using collector::Configuration;

namespace {

constexpr std::string_view kProtocols[] = {"OTEL_EXPORTER_OTLP_PROTOCOL",
                                           "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"};

bool wants_grpc(const Configuration& configuration, std::string_view name) {
  return wire::equals_ignoring_case(wire::trim(configuration.raw(name)), "grpc");
}

}  // namespace

bool has_endpoint(const Configuration& configuration) {
  return configuration.is_set("OTEL_EXPORTER_OTLP_ENDPOINT") ||
         configuration.is_set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
}

ExporterPlan plan_exporters(const Configuration& configuration, ExporterWishes wishes) {
  ExporterPlan plan;
  if (configuration.is_set("OTEL_TRACES_EXPORTER")) {
    const auto names = configuration.list("OTEL_TRACES_EXPORTER");
    const auto has = [&](const char* name) { return std::ranges::count(names, name) != 0; };
    // `none` beside others means the others: it is a list, and it names them.
    plan.otlp = has("otlp");
    plan.store = has("store");
    plan.console = has("console");
  } else {
    plan.otlp = has_endpoint(configuration);
    plan.store = !plan.otlp;
  }
  plan.store = plan.store || configuration.is_set("SEAMTRACE_STORE");
  plan.console = plan.console || wishes.console || configuration.boolean("OTEL_CONSOLE_EXPORTER");
  return plan;
}

std::vector<std::unique_ptr<collector::Exporter>> make_exporters(
    const Configuration& configuration, ExporterPlan plan, ConsoleWishes console, bool log,
    std::vector<std::string>& warnings) {
  std::vector<std::unique_ptr<collector::Exporter>> exporters;
  if (plan.otlp) {
    collector::ExportReport report;
    if (log)
      report = [](std::string_view sentence) {
        collector::log(collector::LogLevel::kWarning, sentence);
      };
    exporters.push_back(collector::make_otlp_exporter(
        collector::otlp_options(configuration, warnings), std::move(report)));
  }
  if (plan.console) {
    collector::ConsoleOptions options;
    options.fd = console.fd;
    options.json = console.json;
    options.colour = !console.json && collector::wants_colour(console.fd);
    exporters.push_back(collector::make_console_exporter(options));
  }
  return exporters;
}

Configuration::Environment read_environment(const std::string& endpoint,
                                            const std::string& directory) {
  Configuration::Environment environment = Configuration::from_environment(::environ).environment();
  if (!endpoint.empty()) {
    environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint;
    environment.erase("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  }
  if (!directory.empty()) environment["SEAMTRACE_DIR"] = directory;
  return environment;
}

Configuration read_configuration(const std::string& endpoint, const std::string& directory) {
  return Configuration::from(read_environment(endpoint, directory));
}

void print_warnings(const Configuration& configuration) {
  for (const std::string& warning : configuration.warnings()) {
    const auto grpc = std::ranges::find_if(kProtocols, [&](std::string_view name) {
      return warning.starts_with(std::string(name) + ":") && wants_grpc(configuration, name);
    });
    if (grpc == std::end(kProtocols))
      warn(warning);
    else
      warn(std::string(*grpc) +
           ": grpc is not built in yet; using http/protobuf, whose port is "
           "4318 at most receivers");
  }
}

}  // namespace seamtrace::cli
