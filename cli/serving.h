// Serving: the store and the front of a collector, as configuration and command line ask for them.
// Path:    configuration -> [cli] -> collector/store, collector/front
// Failure: a store that cannot be opened is a warning where spans go elsewhere too, else an Error,
//          because they would be lost. An address that was asked for and cannot be had is a fault:
//          the rest is served, if the caller wants that.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/exporters.h"
#include "collector/front.h"
#include "collector/pipeline.h"
#include "collector/support/configuration.h"
#include "collector/support/result.h"

namespace seamtrace::cli {

/// Puts the options into the environment that a Configuration is made of. An Error: an address
/// that cannot be understood.
std::optional<collector::Error> apply_serving(const ServingOptions& options,
                                              collector::Configuration::Environment& environment);

/// What a configuration says about addresses. What a variable says wrongly is left out; a sentence
/// that names the variable is appended to `faults`.
collector::FrontOptions front_options(const collector::Configuration& configuration, bool has_store,
                                      std::vector<std::string>& faults);

struct Serving {
  std::unique_ptr<collector::Front> front;  ///< null: there is nothing to serve
  std::vector<std::string> faults;          ///< a sentence for each address that cannot be had
};

/// Opens the store (adding it to the collector's exporters) and of the front what can be opened.
/// Appends a sentence to `warnings` for what goes on without. An Error: the store cannot be opened
/// and there is no other exporter. REQUIRES: run() has not begun.
collector::Result<Serving> open_serving(const collector::Configuration& configuration,
                                        ExporterPlan plan, collector::Collector& collector,
                                        std::vector<std::string>& warnings);

}  // namespace seamtrace::cli
