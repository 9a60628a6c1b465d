#include "cli/set_command.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <vector>

#include "cli/command_line.h"
#include "cli/command_line_parts.h"
#include "cli/exporters.h"
#include "cli/json_answer.h"
#include "cli/query_source.h"
#include "cli/terminal/control_change.h"
#include "collector/query/status_client.h"

namespace seamtrace::cli {

namespace {

using collector::Result;
using collector::StatusClient;
using nlohmann::json;

constexpr std::chrono::seconds kPatience{5};

int fail(const std::string& sentence) {
  std::fprintf(stderr, "seamtrace: %s\n", printable(sentence).c_str());
  return kExitFailed;
}

json request_for(uint64_t pid, const ControlWish& wish) {
  json request = {{"command", "set"}, {"pid", pid}};
  if (wish.tracing) request["tracing"] = *wish.tracing;
  if (wish.ratio) request["ratio"] = *wish.ratio;
  if (!wish.sampler.empty()) request["sampler"] = wish.sampler;
  return request;
}

}  // namespace

int set_command(const SetOptions& options) {
  const auto configuration = read_configuration("", "");
  auto client =
      StatusClient::connect(std::string(configuration.text("SEAMTRACE_DIR")), ::geteuid());
  if (!client)
    return fail(client.error().message + "; a process can be changed while a collector serves it");
  const auto before = client->ask({{"command", "status"}}, kPatience);
  if (!before) return fail(before.error().message);
  const std::vector<json> chosen = processes_named(*before, options.process);
  if (chosen.empty()) return fail(no_such_process(*before, options.process));
  // Two that share an id (in different namespaces) are changed by one request.
  std::map<uint64_t, std::string> faults;
  for (const json& process : chosen) {
    const uint64_t pid = number(process, "pid");
    if (faults.contains(pid)) continue;
    const auto answer = client->ask(request_for(pid, options.wish), kPatience);
    faults[pid] = answer ? "" : answer.error().message;
  }
  const auto after = client->ask({{"command", "status"}}, kPatience);
  if (!after) return fail(after.error().message);
  const ControlChanges changes = control_changes(chosen, *after, faults);
  if (options.json) {
    std::fputs(json_line(changes.as_json, ::isatty(STDOUT_FILENO) == 1).c_str(), stdout);
  } else {
    std::fputs(changes.text.c_str(), stdout);
  }
  return changes.failed ? kExitFailed : 0;
}

}  // namespace seamtrace::cli
