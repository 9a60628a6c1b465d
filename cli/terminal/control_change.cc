#include "cli/terminal/control_change.h"

#include <algorithm>
#include <cstdio>

#include "cli/command_line.h"
#include "cli/json_answer.h"

namespace seamtrace::cli {

namespace {

using nlohmann::json;

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

json control_of(const json& process) {
  return {{"tracing", flag(process, "tracing")},
          {"sampler", raw_text(process, "sampler")},
          {"ratio", real(process, "ratio")}};
}

std::string tracing_text(const json& control) { return flag(control, "tracing") ? "on" : "off"; }

std::string sampling_text(const json& control) {
  std::string out = text(control, "sampler");
  if (!out.ends_with("traceidratio")) return out;
  char ratio[32];
  std::snprintf(ratio, sizeof ratio, " %.6g", real(control, "ratio"));
  return out + ratio;
}

std::string change_text(const std::string& what, const std::string& before,
                        const std::string& after) {
  return what + " " + (before == after ? before : before + " -> " + after);
}

}  // namespace

std::vector<json> processes_named(const json& status, const std::string& name) {
  std::vector<json> chosen;
  for (const json& process : list(status, "processes")) {
    const std::string executable = raw_text(process, "executable");
    if (flag(process, "alive") &&
        (count(process, "pid") == name || raw_text(process, "service") == name ||
         executable == name || base_name(executable) == name))
      chosen.push_back(process);
  }
  return chosen;
}

std::string no_such_process(const json& status, const std::string& name) {
  std::vector<std::string> names;
  for (const json& process : list(status, "processes")) {
    if (!flag(process, "alive")) continue;
    names.push_back(count(process, "pid"));
    names.push_back(raw_text(process, "service"));
    names.push_back(base_name(raw_text(process, "executable")));
  }
  if (names.empty())
    return "no process is traced now; a process can be changed from its first traced byte on";
  const std::string meant = nearest(name, names);
  return "no traced process is '" + name + "'" +
         (meant.empty() ? "; 'seamtrace status' shows them all"
                        : "; did you mean '" + meant + "'?");
}

ControlChanges control_changes(const std::vector<json>& before, const json& after,
                               const std::map<uint64_t, std::string>& faults) {
  ControlChanges changes;
  json processes = json::array();
  for (const json& old : before) {
    const uint64_t pid = number(old, "pid");
    const std::string front = std::to_string(pid) + " " + text(old, "service") + ": ";
    json entry = {{"pid", pid}, {"service", raw_text(old, "service")}, {"before", control_of(old)}};
    const auto fault = faults.find(pid);
    const json now = [&]() -> json {
      for (const json& process : list(after, "processes"))
        if (number(process, "pid") == pid && flag(process, "alive")) return process;
      return {};
    }();
    std::string error;
    if (fault != faults.end() && !fault->second.empty())
      error = fault->second;
    else if (now.is_null())
      error = "it has ended meanwhile";
    if (!error.empty()) {
      changes.failed = true;
      entry["error"] = error;
      changes.text += front + printable(error) + "\n";
    } else {
      entry["after"] = control_of(now);
      changes.text +=
          front +
          change_text("tracing", tracing_text(entry["before"]), tracing_text(entry["after"])) +
          change_text(", sampler", sampling_text(entry["before"]), sampling_text(entry["after"])) +
          "\n";
    }
    processes.push_back(std::move(entry));
  }
  changes.as_json = {{"ok", !changes.failed}, {"processes", std::move(processes)}};
  if (before.size() > 1)
    changes.text = std::to_string(before.size()) + " processes fit:\n" + changes.text;
  return changes;
}

}  // namespace seamtrace::cli
