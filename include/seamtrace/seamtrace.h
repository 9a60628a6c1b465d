// Seamtrace from within: one integration point, early in main().
// Path:    the program -> [this header] -> libseamtrace.so, if it is in the process
// Threads: every function may be called from any thread, at any time, and again.
// Memory:  header only; the agent's functions are looked up once.
// Failure: without the agent every function answers "off"; nothing throws but bad_alloc.
//
//   #include <seamtrace/seamtrace.h>
//   int main() {
//     seamtrace::bootstrap_telemetry();   // optional: says whether requests will be traced
//     ...
//   }
//
// CMake: find_package(seamtrace REQUIRED), then for an executable one of
//   seamtrace::seamtrace  puts the agent into the executable itself: the program is traced without
//                         LD_PRELOAD and needs no file of ours at run time. OTEL_ENABLED=false
//                         switches it off. A newer agent means linking anew.
//   seamtrace::shared     links libseamtrace.so, in front of the C library: the same, but the
//                         library is exchanged without linking anew. Like every linked library
//                         it must be there when the program starts.
//   seamtrace::api        this header alone: traced where `seamtrace run` or LD_PRELOAD puts the
//                         library into the program, which runs the same without it.
// A library that a program loads while it runs (dlopen) would come after the C library in the
// order in which symbols are looked up, and would not see the program's calls; and the loader
// knows no "link this one if it is there" for programs. Hence the three.
#pragma once

#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "seamtrace/seamtrace_c.h"

namespace seamtrace {

struct TelemetryStatus {
  bool enabled = false;           ///< requests are traced
  bool propagation_only = false;  ///< context is passed on, nothing is recorded
  bool collector_reachable = false;
  std::string service;
  std::string sampler;
  std::vector<std::string> instrumentations;  ///< the enabled ones
  std::vector<std::string> exporters;
  std::map<std::string, std::uint64_t> counters;  ///< by name; see docs/troubleshooting.md

  /// One object on one line, with the names of the members above.
  std::string to_json() const;
};

namespace internal {

struct Agent {
  int (*bootstrap)();
  int (*is_enabled)();
  int (*status)(seamtrace_status_v1*);
};

template <typename Function>
Function find(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_DEFAULT, name));
}

inline const Agent& agent() {
  static const Agent found{find<int (*)()>("seamtrace_bootstrap"),
                           find<int (*)()>("seamtrace_is_enabled"),
                           find<int (*)(seamtrace_status_v1*)>("seamtrace_status")};
  return found;
}

/// The text of a field, also if it should lack its NUL.
template <std::size_t kSize>
std::string text(const char (&field)[kSize]) {
  return std::string(field, ::strnlen(field, kSize));
}

inline std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t comma = list.find(',', begin);
    const std::size_t end = comma == std::string::npos ? list.size() : comma;
    if (end > begin) items.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return items;
}

inline void append_json(std::string& out, const std::string& text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  out += '"';
}

inline void append_json(std::string& out, const std::vector<std::string>& list) {
  out += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i != 0) out += ',';
    append_json(out, list[i]);
  }
  out += ']';
}

}  // namespace internal

/// Makes the agent ready now instead of at the first traced byte. True when tracing is active;
/// false where it is switched off or the library is not in the process.
inline bool bootstrap_telemetry() {
  const auto function = internal::agent().bootstrap;
  return function != nullptr && function() == 1;
}

/// True when requests are being traced. Starts nothing.
inline bool is_telemetry_enabled() {
  const auto function = internal::agent().is_enabled;
  return function != nullptr && function() == 1;
}

inline TelemetryStatus get_telemetry_status() {
  TelemetryStatus status;
  const auto function = internal::agent().status;
  seamtrace_status_v1 raw;
  std::memset(&raw, 0, sizeof raw);
  raw.size = sizeof raw;
  if (function == nullptr || function(&raw) != 1) return status;
  status.enabled = raw.active != 0;
  status.propagation_only = raw.propagation_only != 0;
  status.collector_reachable = raw.collector_reachable != 0;
  status.service = internal::text(raw.service);
  status.sampler = internal::text(raw.sampler);
  status.instrumentations = internal::split(internal::text(raw.instrumentations));
  status.exporters = internal::split(internal::text(raw.exporters));
  for (std::uint32_t i = 0; i < raw.counter_count && i < SEAMTRACE_STATUS_COUNTERS; ++i)
    status.counters[internal::text(raw.counters[i].name)] = raw.counters[i].value;
  return status;
}

inline std::string TelemetryStatus::to_json() const {
  const auto boolean = [](bool value) { return value ? "true" : "false"; };
  std::string out = "{\"enabled\":";
  out += boolean(enabled);
  out += ",\"propagation_only\":";
  out += boolean(propagation_only);
  out += ",\"collector_reachable\":";
  out += boolean(collector_reachable);
  out += ",\"service\":";
  internal::append_json(out, service);
  out += ",\"sampler\":";
  internal::append_json(out, sampler);
  out += ",\"instrumentations\":";
  internal::append_json(out, instrumentations);
  out += ",\"exporters\":";
  internal::append_json(out, exporters);
  out += ",\"counters\":{";
  bool first = true;
  for (const auto& [name, value] : counters) {
    if (!first) out += ',';
    first = false;
    internal::append_json(out, name);
    out += ':' + std::to_string(value);
  }
  return out + "}}";
}

}  // namespace seamtrace
