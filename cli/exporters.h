// Exporters: which ones the environment and the command line ask for.
// Path:    configuration -> [cli] -> collector/export
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "collector/export/exporter.h"
#include "collector/support/configuration.h"

namespace seamtrace::cli {

struct ExporterPlan {
  bool otlp = false;
  bool console = false;
};

struct ExporterWishes {
  bool console = false;  ///< --console or --json
  /// What to do where neither an endpoint nor OTEL_TRACES_EXPORTER is set.
  bool console_by_default = false;
};

/// True when the environment says where OTLP is to be sent.
bool has_endpoint(const collector::Configuration& configuration);

ExporterPlan plan_exporters(const collector::Configuration& configuration, ExporterWishes wishes);

struct ConsoleWishes {
  int fd = 1;
  bool json = false;
};

/// Appends a sentence to `warnings` for each value that cannot be used. `log`: report what goes
/// wrong later on, too.
std::vector<std::unique_ptr<collector::Exporter>> make_exporters(
    const collector::Configuration& configuration, ExporterPlan plan, ConsoleWishes console,
    bool log, std::vector<std::string>& warnings);

/// The environment of this process as a configuration, with `--endpoint` and `--dir` in place.
collector::Configuration read_configuration(const std::string& endpoint,
                                            const std::string& directory);

/// One line on stderr for each bad value, in words for people.
void print_warnings(const collector::Configuration& configuration,
                    const std::vector<std::string>& more);

}  // namespace seamtrace::cli
