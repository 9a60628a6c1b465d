// CommandLine: argv -> which command, with which options; and help that helps.
// Path:    argv -> [cli] -> one of the commands
// Failure: code 2 and a sentence that names the nearest option or command.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/question_options.h"

namespace seamtrace::cli {

inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitCannotExecute = 126;
inline constexpr int kExitNotFound = 127;

/// What the command line says in place of variables; empty: nothing.
struct ServingOptions {
  std::string store;     ///< --store FILE
  std::string listen;    ///< --listen ADDRESS:PORT, PORT or off
  bool receive = false;  ///< --receive: OTLP on its standard ports
};

struct RunOptions {
  ServingOptions serving;
  bool quiet = false;
  bool json = false;
  bool console = false;
  std::string endpoint;
  std::string service;
  std::vector<std::string> command;  ///< program and arguments
};

struct CollectorCommandOptions {
  ServingOptions serving;
  bool console = false;
  bool json = false;
  std::string endpoint;
  std::string directory;
};

struct StatusOptions {
  bool json = false;
};

struct DoctorOptions {
  bool json = false;
  std::string program;
};

/// Shows a store file without collecting anything.
struct ViewOptions {
  std::string store;          ///< empty: the default one
  std::string listen;         ///< empty: as SEAMTRACE_VIEWER
  uint64_t idle_minutes = 0;  ///< ends so long after the last look; 0: never
};

struct VersionOptions {};

struct HelpEnvironmentOptions {};

using Command = std::variant<RunOptions, CollectorCommandOptions, ViewOptions, TracesOptions,
                             TraceOptions, ServicesOptions, TopOptions, SetOptions, StatusOptions,
                             DoctorOptions, VersionOptions, HelpEnvironmentOptions>;

/// A command to carry out, or the end: a text for stdout (exit_code 0) or stderr.
struct Parsed {
  std::optional<Command> command;
  int exit_code = 0;
  std::string text;
};

/// `arguments` without argv[0].
Parsed parse_command_line(const std::vector<std::string>& arguments);

/// The word of `known` that `word` was most likely meant to be; empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace seamtrace::cli
