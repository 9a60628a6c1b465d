#include "cli/run_command.h"

#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <thread>

#include "cli/complaint.h"
#include "cli/elf_inspection/inspection.h"
#include "cli/exporters.h"
#include "cli/preload.h"
#include "cli/run/collector_process.h"
#include "cli/run/signals.h"
#include "cli/run/spawn.h"
#include "cli/run/summary.h"
#include "cli/serving.h"
#include "collector/export/text.h"
#include "collector/query/status_client.h"
#include "collector/support/directory.h"

namespace seamtrace::cli {

namespace {

using collector::Configuration;
using collector::StatusClient;
using nlohmann::json;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

std::string random_hex() {
  std::array<uint8_t, 8> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    const auto now = static_cast<uint64_t>(Clock::now().time_since_epoch().count()) ^
                     static_cast<uint64_t>(::getpid()) << 40;
    std::memcpy(bytes.data(), &now, bytes.size());
  }
  return collector::to_hex(bytes);
}

std::string text_of(const char* variable) {
  const char* value = ::getenv(variable);
  return value == nullptr ? "" : value;
}

Configuration configuration_of(const RunOptions& options) {
  auto environment = read_environment(options.endpoint, "");
  apply_serving(options.serving, environment);  // checked when the command line was read
  return Configuration::from(std::move(environment));
}

class Run {
 public:
  explicit Run(const RunOptions& options)
      : signals_(note_signals()),
        options_(options),
        configuration_(configuration_of(options)),
        base_(configuration_.text("SEAMTRACE_DIR")) {}

  int execute() {
    if (!configuration_.boolean("OTEL_ENABLED")) return run_untraced();
    if (!options_.quiet) print_warnings(configuration_);
    const Inspection inspection =
        inspect_program(options_.command[0], {text_of("PATH"), text_of("ASAN_OPTIONS"), false});
    if (inspection.verdict == Verdict::kUntraceable) {
      warn("'" + options_.command[0] + "' runs untraced: " + inspection.findings.at(0).text);
      return run_untraced();
    }
    const auto library = find_agent_library(text_of("SEAMTRACE_LIBRARY"));
    if (!library) {
      warn("'" + options_.command[0] + "' runs untraced: " + library.error().message);
      return run_untraced();
    }
    return run_traced(*library);
  }

 private:
  int run_untraced() {
    restore_signals(signals_);
    const int error_number = become_program(options_.command, current_environment());
    note_signals();
    return explain_start_failure(options_.command[0], error_number);
  }

  int run_traced(const std::string& library) {
    hold_signals();
    start_collector();
    const Spawned program = spawn_program(options_.command, environment(library), signals_);
    if (program.pid < 0) {
      if (own_collector_) own_collector_->release(flush_timeout());
      return explain_start_failure(options_.command[0], program.error_number);
    }
    const int status = wait_and_pass_signals(program.pid);
    // From here on ^C means us: whoever does not want to wait for the last spans need not.
    release_signals(signals_);
    if (WIFSIGNALED(status)) report_signal(WTERMSIG(status));
    finish(program.pid, status);
    if (WIFSIGNALED(status)) {
      die_by_signal(WTERMSIG(status));
      return 128 + WTERMSIG(status);
    }
    return WEXITSTATUS(status);
  }

  EnvironmentList environment(const std::string& library) const {
    EnvironmentList list = current_environment();
    set_variable(list, "LD_PRELOAD", prepend_preload(text_of("LD_PRELOAD"), library));
    set_variable(list, "SEAMTRACE_RUN_ID", run_id_);
    if (!options_.service.empty()) set_variable(list, "OTEL_SERVICE_NAME", options_.service);
    if (!options_.endpoint.empty())
      set_variable(list, "OTEL_EXPORTER_OTLP_ENDPOINT", options_.endpoint);
    return list;
  }

  void start_collector() {
    CollectorProcess::Options options;
    options.configuration = configuration_;
    options.plan = plan_exporters(configuration_, {options_.console || options_.json});
    // Standard output is the program's.
    options.console = {STDERR_FILENO, options_.json};
    options.quiet = options_.quiet;
    prints_ = options.plan.console;
    auto started = CollectorProcess::start(options);
    if (!started) return warn("there is no collector: " + started.error().message);
    own_collector_ = std::move(*started);
    if (!options_.quiet) announce_viewer(viewer_url());
  }

  /// Its own collector's, or the one's that serves this user already.
  std::string viewer_url() const {
    if (!own_collector_->stands_by()) return own_collector_->viewer_url();
    auto client = StatusClient::connect(base_, ::geteuid());
    const auto status = client ? client->ask({{"command", "status"}}, milliseconds(500))
                               : collector::Result<json>(client.error());
    if (!status || !status->contains("viewer") || !status->at("viewer").is_object()) return "";
    return status->at("viewer").value("url", "");
  }

  milliseconds flush_timeout() const {
    return milliseconds(configuration_.number("SEAMTRACE_FLUSH_TIMEOUT").value_or(5000));
  }

  /// Lets the collector export what is left, within the limit, and says what came of it.
  void finish(pid_t pid, int status) {
    // A part of the time is kept for the collector's own end, so that the limit holds for all.
    const milliseconds reserve = std::min(flush_timeout() / 5, milliseconds(500));
    const auto deadline = Clock::now() + flush_timeout();
    const json answer = drain(pid, status, deadline - reserve);
    const bool others_run = answer.is_object() && answer.value("alive", 0) > 0;
    if (own_collector_) {
      // Its end prints what the console still holds. While other processes run it goes on.
      own_collector_->release(others_run ? milliseconds(0) : remaining(deadline));
    }
    if (options_.quiet) return;
    if (!answer.is_object()) {
      if (own_collector_)
        warn(
            "the collector does not answer; what was seen waits in shared memory for the next one");
      return;
    }
    const bool own = own_collector_ && answer.value("collector", json::object()).value("pid", 0) ==
                                           own_collector_->pid();
    const SummaryContext context{options_.command[0], own, own && prints_,
                                 collector::segment_obstacle(base_)};
    std::fprintf(stderr, "%s\n", summary_line(answer, context).c_str());
  }

  static milliseconds remaining(Clock::time_point deadline) {
    return std::max(std::chrono::duration_cast<milliseconds>(deadline - Clock::now()),
                    milliseconds(0));
  }

  /// The last answer, or null. Waits for the exporters, not for other processes of this run that
  /// go on: a server that puts itself into the background must not hold up its start.
  json drain(pid_t pid, int status, Clock::time_point deadline) {
    constexpr milliseconds kSlack{500};
    std::optional<StatusClient> client;
    json last;
    do {
      if (!client && !(client = greet_collector(pid, status, kSlack))) {
        if (!own_collector_) return last;
        // One collector has ended, and ours has not yet taken over.
        std::this_thread::sleep_for(milliseconds(10));
        continue;
      }
      const milliseconds slice = std::min(remaining(deadline), milliseconds(250));
      auto answer =
          client->ask({{"command", "drain"}, {"run_id", run_id_}, {"timeout_ms", slice.count()}},
                      slice + kSlack);
      if (!answer) {
        client.reset();
        continue;
      }
      last = std::move(*answer);
      if (last.value("drained", false)) break;
      if (last.value("alive", 0) > 0 && nothing_queued(last)) break;
    } while (remaining(deadline).count() > 0);
    return last;
  }

  std::optional<StatusClient> greet_collector(pid_t pid, int status, milliseconds timeout) const {
    auto client = StatusClient::connect(base_, ::geteuid());
    if (!client ||
        !client->ask({{"command", "note_exit"}, {"pid", pid}, {"status", status}}, timeout))
      return std::nullopt;
    return std::move(*client);
  }

  static bool nothing_queued(const json& answer) {
    for (const json& exporter : answer.value("exporters", json::array()))
      if (exporter.value("queued", 0) != 0 && exporter.value("name", "") != "console") return false;
    return true;
  }

  void report_signal(int signal) const {
    if (options_.quiet) return;
    const char* name = ::sigabbrev_np(signal);
    const char* words = ::strsignal(signal);
    std::fprintf(stderr, "seamtrace: the program was ended by SIG%s (%s)\n",
                 name == nullptr ? std::to_string(signal).c_str() : name, words);
  }

  void warn(const std::string& sentence) const {
    if (!options_.quiet) cli::warn(sentence);
  }

  const SignalState signals_;
  const RunOptions& options_;
  const Configuration configuration_;
  const std::string base_;
  const std::string run_id_ = random_hex();
  std::optional<CollectorProcess> own_collector_;
  bool prints_ = false;
};

}  // namespace

int run_command(const RunOptions& options) { return Run(options).execute(); }

}  // namespace seamtrace::cli
