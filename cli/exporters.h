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
  bool store = false;  ///< made by open_front(), once the collector is known to be the only one
  bool console = false;
};

struct ExporterWishes {
  bool console = false;  ///< --console or --json
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

/// The environment of this process, with `--endpoint` and `--dir` in place.
collector::Configuration::Environment read_environment(const std::string& endpoint,
                                                       const std::string& directory);
collector::Configuration read_configuration(const std::string& endpoint,
                                            const std::string& directory);

/// One line on stderr for each bad value, in words for people.
void print_warnings(const collector::Configuration& configuration);

}  // namespace seamtrace::cli
