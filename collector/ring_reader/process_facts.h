// ProcessFacts: what a producer says of itself, copied out of its segment.
// Path:    [ring_reader] -> process (resource)
// Owner:   a value.
// Failure: a malformed list ends where it stops making sense.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collector/support/clock.h"

namespace seamtrace::collector {

struct ProcessFacts {
  uint32_t pid = 0;            ///< in the producer's own namespace
  uid_t uid = 0;               ///< of the directory: not the producer's word
  uint64_t pid_namespace = 0;  ///< 0: unknown
  uint64_t start_ticks = 0;    ///< 0: unknown
  uint64_t created_realtime_ns = 0;
  ProducerClock clock;
  std::string segment_name;
  std::string executable_path;
  std::vector<std::string> command_line;
  std::map<std::string, std::string> environment;
  std::string cgroup;
  std::string mount_info;
  std::string host_name;
  std::vector<std::string> runtimes;

  std::string_view run_id() const;
};

/// Reads the entries of wire::ProcessInfo from a private copy of the whole block into `facts`.
void parse_process_info(std::string_view block, ProcessFacts& facts);

}  // namespace seamtrace::collector
