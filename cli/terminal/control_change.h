// ControlChanges: which processes `seamtrace set` means, and what came of it.
// Path:    the collector's answers to `status` before and after -> [cli/terminal] -> stdout
// Failure: none; what an answer lacks counts as zero or empty.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace seamtrace::cli {

/// Those alive whose process id, service or executable (its path, or the last part of it) that is.
std::vector<nlohmann::json> processes_named(const nlohmann::json& status, const std::string& name);

/// What to say when there is none, with the nearest name.
std::string no_such_process(const nlohmann::json& status, const std::string& name);

// NOLINTNEXTLINE(bugprone-exception-escape): the move of json, which checks itself by assert
struct ControlChanges {
  std::string text;        ///< a line for each process, before -> after
  nlohmann::json as_json;  ///< {"ok", "processes": [{"pid", "service", "before", "after"}]}
  bool failed = false;     ///< for at least one
};

/// `faults`: by process id, empty for what went well.
ControlChanges control_changes(const std::vector<nlohmann::json>& before,
                               const nlohmann::json& after,
                               const std::map<uint64_t, std::string>& faults);

}  // namespace seamtrace::cli
