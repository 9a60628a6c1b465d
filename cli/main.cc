// seamtrace: the program that people type.
// Path:    argv -> [cli] -> one command
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "cli/collector_command.h"
#include "cli/command_line.h"
#include "cli/doctor_command.h"
#include "cli/help_environment.h"
#include "cli/preload.h"
#include "cli/run_command.h"
#include "cli/services_command.h"
#include "cli/set_command.h"
#include "cli/status_command.h"
#include "cli/top_command.h"
#include "cli/trace_command.h"
#include "cli/traces_command.h"
#include "cli/view_command.h"
#include "collector/support/version.h"

namespace seamtrace::cli {
namespace {

void print(std::FILE* file, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), file);
}

struct Carry {
  int operator()(const RunOptions& options) const { return run_command(options); }
  int operator()(const CollectorCommandOptions& options) const {
    return collector_command(options);
  }
  int operator()(const ViewOptions& options) const { return view_command(options); }
  int operator()(const TracesOptions& options) const { return traces_command(options); }
  int operator()(const TraceOptions& options) const { return trace_command(options); }
  int operator()(const ServicesOptions& options) const { return services_command(options); }
  int operator()(const TopOptions& options) const { return top_command(options); }
  int operator()(const SetOptions& options) const { return set_command(options); }
  int operator()(const StatusOptions& options) const { return status_command(options); }
  int operator()(const DoctorOptions& options) const { return doctor_command(options); }
  int operator()(const VersionOptions&) const {
    print(stdout, "seamtrace " + std::string(collector::kVersion) + "\n");
    return 0;
  }
  int operator()(const HelpEnvironmentOptions&) const {
    print(stdout, environment_help());
    return 0;
  }
};

/// What was started without standard files gets none, but nothing else that we open takes their
/// places. A program that we start finds them closed as before.
void occupy_standard_files() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", O_RDWR | O_CLOEXEC);  // takes the lowest
}

int carry_out(int argc, char** argv) {
  shed_agent(argv);
  occupy_standard_files();
  const Parsed parsed =
      parse_command_line(std::vector<std::string>(argv + (argc > 0), argv + argc));
  if (!parsed.command) {
    print(parsed.exit_code == 0 ? stdout : stderr, parsed.text);
    return parsed.exit_code;
  }
  return std::visit(Carry{}, *parsed.command);
}

}  // namespace
}  // namespace seamtrace::cli

int main(int argc, char** argv) {
  try {
    return seamtrace::cli::carry_out(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "seamtrace: %s\n", error.what());
    return seamtrace::cli::kExitFailed;
  }
}
