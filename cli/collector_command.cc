#include "cli/collector_command.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <string>

#include "cli/exporters.h"
#include "collector/export/text.h"
#include "collector/pipeline.h"
#include "collector/query/status_client.h"

namespace seamtrace::cli {

namespace {

using collector::Collector;
using std::chrono::milliseconds;

std::atomic<Collector*> running{nullptr};
std::atomic<int64_t> flush_milliseconds{5000};

/// The first signal lets it finish, the second does not.
void on_signal(int) {
  static std::atomic<bool> asked_before{false};
  Collector* const collector = running;
  if (collector == nullptr) return;
  if (asked_before.exchange(true))
    collector->stop();
  else
    collector->drain_and_stop(milliseconds(flush_milliseconds));
}

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

/// Before anybody can see that we are here, and before there are threads: those leave the signals
/// to the first one.
void hold_signals() {
  const sigset_t set = ending_signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int signal : {SIGTERM, SIGINT}) sigaction(signal, &action, nullptr);
  const sigset_t set = ending_signals();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

std::string who_is_there(const std::string& base) {
  auto client = collector::StatusClient::connect(base, ::geteuid());
  if (!client) return {};
  const auto answer = client->ask({{"command", "status"}}, milliseconds(1000));
  if (!answer || !answer->contains("collector")) return {};
  return " (process " + std::to_string(answer->at("collector").value("pid", 0)) + ")";
}

}  // namespace

int collector_command(const CollectorCommandOptions& options) {
  hold_signals();
  ::unsetenv("LD_PRELOAD");
  collector::CollectorOptions collector_options;
  collector_options.configuration = read_configuration(options.endpoint, options.directory);
  const collector::Configuration& configuration = collector_options.configuration;
  const std::string base(configuration.text("SEAMTRACE_DIR"));
  flush_milliseconds =
      static_cast<int64_t>(configuration.number("SEAMTRACE_FLUSH_TIMEOUT").value_or(5000));

  std::vector<std::string> warnings;
  collector_options.exporters = make_exporters(
      configuration, plan_exporters(configuration, {options.console || options.json, false}),
      {STDOUT_FILENO, options.json}, /*log=*/true, warnings);
  print_warnings(configuration, warnings);

  std::string destinations;
  for (const auto& exporter : collector_options.exporters)
    destinations += (destinations.empty() ? "" : " and ") + exporter->statistics().destination;

  auto created = Collector::create(std::move(collector_options));
  if (!created) {
    std::string message = "seamtrace: ";
    collector::append_printable(message, created.error().message);
    if (created.error().code == collector::ErrorCode::kBusy)
      message += who_is_there(base) + "; 'seamtrace status' asks it";
    std::fprintf(stderr, "%s\n", message.c_str());
    return kExitFailed;
  }
  running = created->get();
  catch_signals();
  std::fprintf(stderr, "seamtrace: collecting in %s, exporting to %s\n", base.c_str(),
               destinations.empty() ? "nowhere" : destinations.c_str());
  (*created)->run();
  running = nullptr;
  return 0;
}

}  // namespace seamtrace::cli
