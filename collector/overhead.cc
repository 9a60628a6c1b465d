#include "collector/overhead.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

namespace seamtrace::collector {
namespace {

using nlohmann::json;

/// A request is read, answered, and its connection looked at before and after.
constexpr double kCallsPerSpan = 4;

/// Fewer say nothing: calls differ tenfold.
constexpr uint64_t kLeastSamples = 30;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double own_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// None: there is no such process in our pid namespace.
std::optional<double> cpu_seconds(uint64_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return {};
  // The name in parentheses may hold anything; fields are counted from its end.
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  unsigned long user = 0, system = 0;
  if (std::sscanf(line.c_str() + name_end + 1,
                  " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
    return {};
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

json overhead_of(const json& process) {
  const uint64_t pid = process.value("pid", uint64_t{0});
  const uint64_t spans = process.value("spans", uint64_t{0});
  const auto cpu = process.value("alive", false) ? cpu_seconds(pid) : std::nullopt;
  json result{{"pid", pid},
              {"spans", spans},
              {"cpu_s", nullptr},
              {"agent_ns_per_call", nullptr},
              {"agent_share", nullptr}};
  if (cpu) result["cpu_s"] = *cpu;
  const json counters = process.value("counters", json::object());
  const uint64_t samples = counters.value("overhead_samples", uint64_t{0});
  if (samples < kLeastSamples) return result;
  const double per_call = static_cast<double>(counters.value("overhead_nanoseconds", uint64_t{0})) /
                          static_cast<double>(samples);
  result["agent_ns_per_call"] = per_call;
  if (cpu && *cpu > 0)
    result["agent_share"] =
        std::min(1.0, static_cast<double>(spans) * kCallsPerSpan * per_call / 1e9 / *cpu);
  return result;
}

}  // namespace

json overhead(const json& status) {
  const double cpu = own_cpu_seconds();
  const double uptime =
      status.value("collector", json::object()).value("uptime_seconds", uint64_t{0});
  json processes = json::array();
  for (const json& process : status.value("processes", json::array()))
    processes.push_back(overhead_of(process));
  return {{"collector_cpu_s", cpu},
          {"collector_share", cpu / std::max(uptime, 1.0)},
          {"processes", std::move(processes)}};
}

}  // namespace seamtrace::collector
