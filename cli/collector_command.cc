#include "cli/collector_command.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <string>

#include "cli/complaint.h"
#include "cli/exporters.h"
#include "cli/serving.h"
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

void announce(const std::string& base, const Collector& collector, const collector::Front* front) {
  std::string destinations;
  for (const auto& [name, exporter] : collector.statistics().exporters)
    destinations += (destinations.empty() ? "" : " and ") + exporter.destination;
  std::fprintf(stderr, "seamtrace: collecting in %s, exporting to %s\n", base.c_str(),
               destinations.empty() ? "nowhere" : destinations.c_str());
  if (front == nullptr) return;
  const auto say = [](const char* what, const std::string& where) {
    if (!where.empty()) std::fprintf(stderr, "seamtrace: %s %s\n", what, where.c_str());
  };
  say("OTLP over HTTP is received at", front->receive_http());
  say("OTLP over gRPC is received at", front->receive_grpc());
  say("look at the traces at", front->viewer_url());
}

}  // namespace

int collector_command(const CollectorCommandOptions& options) {
  hold_signals();
  ::unsetenv("LD_PRELOAD");
  collector::CollectorOptions collector_options;
  auto environment = read_environment(options.endpoint, options.directory);
  if (const auto error = apply_serving(options.serving, environment)) return fail(error->message);
  collector_options.configuration = collector::Configuration::from(std::move(environment));
  const collector::Configuration& configuration = collector_options.configuration;
  const std::string base(configuration.text("SEAMTRACE_DIR"));
  flush_milliseconds =
      static_cast<int64_t>(configuration.number("SEAMTRACE_FLUSH_TIMEOUT").value_or(5000));

  std::vector<std::string> warnings;
  const ExporterPlan plan = plan_exporters(configuration, {options.console || options.json});
  collector_options.exporters =
      make_exporters(configuration, plan, {STDOUT_FILENO, options.json}, /*log=*/true, warnings);

  auto created = Collector::create(std::move(collector_options));
  if (!created) {
    std::string message = created.error().message;
    if (created.error().code == collector::ErrorCode::kBusy)
      message += who_is_there(base) + "; 'seamtrace status' asks it";
    return fail(message);
  }
  Collector& collector = **created;
  const auto serving = open_serving(collector.configuration(), plan, collector, warnings);
  if (!serving) return fail(serving.error().message);
  for (const std::string& fault : serving->faults) fail(fault);
  if (!serving->faults.empty()) return kExitFailed;
  print_warnings(collector.configuration());
  for (const std::string& warning : warnings) warn(warning);
  running = &collector;
  catch_signals();
  announce(base, collector, serving->front.get());
  collector.run();
  running = nullptr;
  return 0;
}

}  // namespace seamtrace::cli
