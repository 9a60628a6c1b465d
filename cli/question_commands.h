// QuestionCommands: how `traces`, `trace`, `services`, `top` and `set` are written.
// Path:    argv -> [cli] -> one of the commands
// Failure: code 2 and a sentence that names the nearest option.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command_line_parts.h"

namespace seamtrace::cli {

class QuestionCommands {
 public:
  void declare(CLI::App& app);

  /// The words of a query may look like options (`-status=error`): takes everything from the
  /// arguments of `traces` that is not one of its options.
  std::vector<std::string> split_off_query(const std::vector<std::string>& arguments);

  /// None: another command was parsed.
  std::optional<Parsed> choose() const;

 private:
  std::optional<Parsed> check_traces() const;
  std::optional<Parsed> check_sort(const std::string& sort, const CLI::App* command) const;
  Parsed choose_set() const;

  TracesOptions traces_;
  TraceOptions trace_;
  ServicesOptions services_;
  TopOptions top_;
  SetOptions set_;
  std::vector<std::string> set_words_;
  CLI::App *traces_command_ = nullptr, *trace_command_ = nullptr, *services_command_ = nullptr,
           *top_command_ = nullptr, *set_command_ = nullptr;
};

}  // namespace seamtrace::cli
