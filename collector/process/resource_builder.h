// ResourceBuilder: facts about a process -> its Resource.
// Path:    ring_reader -> [process]
// Failure: what cannot be found out is left out.
// Source:  semantic conventions 1.44, resource; OpenTelemetry specification, resource SDK.
#pragma once

#include <memory>

#include "collector/process/resource.h"
#include "collector/ring_reader/process_facts.h"
#include "collector/support/configuration.h"

namespace seamtrace::collector {

/// What is the same for every process of this machine.
struct HostFacts {
  std::string name;
  std::string id;  ///< of /etc/machine-id
  std::string architecture;

  static HostFacts of_this_machine();
};

/// `configuration` is that of the process's own environment.
std::shared_ptr<const Resource> make_resource(const ProcessFacts& facts,
                                              const Configuration& configuration,
                                              const HostFacts& host);

/// The name of the program: the last part of its path.
std::string_view executable_name(const ProcessFacts& facts);

}  // namespace seamtrace::collector
