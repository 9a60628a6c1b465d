// Summary: what `seamtrace run` says at its end, in one line.
// Path:    the collector's answer to `drain` -> [cli/run] -> stderr
// Failure: none; what an answer lacks counts as zero.
#pragma once

#include <string>

#include "nlohmann/json.hpp"

namespace seamtrace::cli {

struct SummaryContext {
  std::string program;
  bool own_collector = true;  ///< false: another one serves this user
  bool prints = false;        ///< our own collector prints on this terminal
  std::string obstacle = {};  ///< why the program could not be seen, if that is known
};

/// Without line feed. Never contains control characters, whatever the answer says.
std::string summary_line(const nlohmann::json& answer, const SummaryContext& context);

}  // namespace seamtrace::cli
