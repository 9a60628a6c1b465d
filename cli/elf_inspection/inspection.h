// Inspection: can this program be traced, what will be missed, and what to do about it?
// Path:    PROGRAM -> [cli/elf_inspection] -> `seamtrace doctor`, `seamtrace run`
// Threads: one.
// Failure: in the result: a program that is missing or cannot be executed is a finding too.
//          Heuristics say so in their words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seamtrace::cli {

enum class Verdict {
  kTraceable,    ///< everything that the agent knows is seen
  kLimited,      ///< traced, but something of it may be missed
  kUntraceable,  ///< must be started without the agent, or the agent would see nothing
  kMissing,      ///< there is no such program
  kNotExecutable,
};

struct Finding {
  std::string code;    ///< stable, for programs: `static`, `go`, `setuid` ...
  std::string text;    ///< a sentence
  std::string advice;  ///< what to do; may be empty
};

struct Inspection {
  std::string program;                ///< as it was asked for
  std::string path;                   ///< as found; empty when missing
  std::vector<std::string> followed;  ///< interpreters of `#!` lines, outermost first
  Verdict verdict = Verdict::kTraceable;
  std::vector<Finding> findings;  ///< the first one of an untraceable program is the reason

  // Facts of the executable that is started in the end.
  std::string architecture;
  std::string linking;  ///< dynamic, static, static-pie
  std::string c_library;
  std::string needs_glibc;  ///< the newest version that it needs, e.g. `2.34`
  std::vector<std::string> libraries;
};

struct InspectionOptions {
  std::string search_path;  ///< PATH
  /// Environment that changes the answer: ASAN_OPTIONS.
  std::string asan_options;
  /// Whoever starts it: a setuid program of root's is none to root, but to everybody else.
  bool by_anyone = false;
};

Inspection inspect_program(const std::string& program, const InspectionOptions& options);

/// The path of `program` as execvp() would find it; none when there is no such file.
std::optional<std::string> find_program(const std::string& program, const std::string& search_path);

std::string_view to_string(Verdict verdict);

}  // namespace seamtrace::cli
