#include "cli/status_command.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

#include "cli/exporters.h"
#include "cli/json_answer.h"
#include "cli/table.h"
#include "collector/export/text.h"
#include "collector/query/status_client.h"
#include "collector/support/directory.h"
#include "wire/counters.h"
#include "wire/segment.h"

namespace seamtrace::cli {

namespace {

using nlohmann::json;

uint64_t lost(const json& counters) {
  uint64_t sum = 0;
  for (const auto& description : wire::kCounterDescriptions)
    if (std::string_view(description.name).starts_with("lost_"))
      sum += number(counters, description.name);
  return sum;
}

std::string overhead(const json& counters) {
  const uint64_t samples = number(counters, "overhead_samples");
  if (samples == 0) return "-";
  return collector::to_duration(number(counters, "overhead_nanoseconds") / samples);
}

std::string state(const json& process) {
  if (!flag(process, "alive")) return "ended";
  if (!flag(process, "tracing")) return "off";
  return "traced";
}

std::string processes_table(const json& processes) {
  Table table({"PID", "SERVICE", "STATE", "SPANS", "IN FLIGHT", "LOST", "OVERHEAD"});
  for (const json& process : processes) {
    const json& counters = member(process, "counters");
    table.add({count(process, "pid"), text(process, "service"), state(process),
               count(process, "spans"), count(process, "in_flight"), std::to_string(lost(counters)),
               overhead(counters)});
  }
  return table.render();
}

/// What happened in a process besides spans, each with its meaning.
std::string counters_of(const json& process) {
  const json& counters = member(process, "counters");
  Table table({"", "", ""});
  bool any = false;
  for (const auto& description : wire::kCounterDescriptions) {
    const std::string name = description.name;
    const uint64_t value = number(counters, name);
    if (value == 0 || name.starts_with("overhead_")) continue;
    table.add({std::to_string(value), name, description.meaning});
    any = true;
  }
  if (!any) return {};
  std::string out = "\n" + count(process, "pid") + " " + text(process, "service") + "\n";
  const std::string rows = table.render("  ");
  return out + rows.substr(rows.find('\n') + 1);  // without the empty head
}

/// The data stores that a process is a client of.
std::string stores_of(const json& process) {
  const json& stores = member(process, "stores");
  if (!stores.is_array() || stores.empty()) return {};
  Table table({"STORE", "OPEN", "USED", "FAILED", "REJECTED", "CALLS", "ERRORS", "HITS", "MISSES"});
  for (const json& store : stores) {
    const json& connections = member(store, "connections");
    std::string name = text(store, "system") + " ";
    const std::string address = text(store, "address");
    name += address.empty() ? "(Unix socket)" : address + ":" + count(store, "port");
    table.add({name, count(connections, "open"), count(connections, "used"),
               count(connections, "failed"), count(connections, "rejected"),
               count(store, "operations"), count(store, "errors"), count(store, "cache_hits"),
               count(store, "cache_misses")});
  }
  return "\n" + count(process, "pid") + " " + text(process, "service") + "\n" + table.render("  ");
}

std::string exporters_text(const json& exporters) {
  std::string out = "\n";
  for (const json& exporter : exporters) {
    out += text(exporter, "name") + " to " + text(exporter, "destination") + ": " +
           count(exporter, "exported") + " exported, " + count(exporter, "queued") + " of " +
           count(exporter, "capacity") + " queued, " + count(exporter, "retries") + " retries";
    for (const auto& [reason, spans] : member(exporter, "dropped").items()) {
      out += ", ";
      if (spans.is_number_unsigned()) out += std::to_string(spans.get<uint64_t>());
      out += " dropped (";
      collector::append_printable(out, reason);
      out += ')';
    }
    out += '\n';
    if (const std::string error = text(exporter, "last_error"); !error.empty())
      out += "  last error: " + error + "\n";
  }
  return out;
}

std::vector<std::string> waiting_segments(const std::string& base) {
  std::vector<std::string> names;
  const std::string folder = base + "/" + collector::user_directory_name(::geteuid());
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
  if (!directory) return names;
  while (const dirent* entry = ::readdir(directory.get()))
    if (std::string_view(entry->d_name).ends_with(wire::kSegmentSuffix))
      names.push_back(folder + "/" + entry->d_name);
  std::ranges::sort(names);
  return names;
}

int without_collector(const StatusOptions& options, const std::string& base,
                      const std::string& reason) {
  const std::vector<std::string> segments = waiting_segments(base);
  if (options.json) {
    const json answer = {{"ok", false}, {"error", reason}, {"segments", segments}};
    std::printf("%s\n", answer.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
    return 0;
  }
  std::string message = "seamtrace: ";
  collector::append_printable(message, reason);
  std::printf("%s\n", message.c_str());
  if (segments.empty()) {
    std::printf("No traced process waits for one either.\n");
    return 0;
  }
  std::printf("Traced processes whose spans wait in shared memory:\n");
  for (const std::string& segment : segments) {
    std::string line;
    collector::append_printable(line, segment);
    std::printf("  %s\n", line.c_str());
  }
  std::printf("Start 'seamtrace collector' to export them.\n");
  return 0;
}

/// Counters that the answer leaves out are zero; programs should find every one by its name.
json with_all_counters(json answer) {
  for (json& process : answer["processes"])
    for (const auto& description : wire::kCounterDescriptions)
      if (!process["counters"].contains(description.name))
        process["counters"][description.name] = 0;
  return answer;
}

}  // namespace

std::string render_status(const json& answer) {
  const json& collector = member(answer, "collector");
  std::string out = "collector " + count(collector, "pid") + ", version " +
                    text(collector, "version") + ", up " + count(collector, "uptime_seconds") +
                    " s, " + std::to_string(number(collector, "resident_bytes") / 1024 / 1024) +
                    " MiB, in " + text(collector, "directory") + "\n\n";
  const json& processes = member(answer, "processes");
  if (!processes.is_array() || processes.empty()) {
    out += "No traced process. A process appears with its first traced byte.\n";
  } else {
    out += processes_table(processes);
    for (const json& process : processes) out += stores_of(process);
    for (const json& process : processes) out += counters_of(process);
  }
  const json& reader = member(answer, "reader");
  if (number(reader, "invalid_records") + number(reader, "rejected_segments") != 0)
    out += "\n" + count(reader, "invalid_records") + " records and " +
           count(reader, "rejected_segments") + " segments were refused as malformed\n";
  const json& exporters = member(answer, "exporters");
  if (exporters.is_array() && !exporters.empty())
    out += exporters_text(exporters);
  else
    out += "\nNo exporter: spans are read and forgotten.\n";
  for (const json& warning : member(answer, "warnings")) {
    if (!warning.is_string()) continue;
    out += "warning: ";
    collector::append_printable(out, warning.get_ref<const std::string&>());
    out += '\n';
  }
  return out;
}

int status_command(const StatusOptions& options) {
  const collector::Configuration configuration = read_configuration("", "");
  const std::string base(configuration.text("SEAMTRACE_DIR"));
  auto client = collector::StatusClient::connect(base, ::geteuid());
  if (!client) return without_collector(options, base, client.error().message);
  const auto answer = client->ask({{"command", "status"}}, std::chrono::seconds(5));
  if (!answer) return without_collector(options, base, answer.error().message);
  const std::string out =
      options.json
          ? with_all_counters(*answer).dump(-1, ' ', false, json::error_handler_t::replace) + "\n"
          : render_status(*answer);
  std::fwrite(out.data(), 1, out.size(), stdout);
  return 0;
}

}  // namespace seamtrace::cli
