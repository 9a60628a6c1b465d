// Statistics: what the collector tells of itself and of the traced processes.
// Path:    pipeline -> [query] -> CLI
// Owner:   values; snapshots.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/export/exporter.h"
#include "collector/ring_reader/ring_reader.h"

namespace seamtrace::collector {

/// A data store that a traced process is a client of.
struct DataStoreStatistics {
  std::string system;   ///< as db.system.name has it
  std::string address;  ///< empty: a Unix socket
  uint16_t port = 0;
  Target counts;
};

struct ProcessStatistics {
  uint32_t pid = 0;  ///< in its own pid namespace
  uid_t uid = 0;
  std::string service;
  std::string executable;
  std::string command;  ///< the whole command line
  std::string run_id;
  bool alive = false;
  uint64_t spans = 0;
  uint64_t in_flight = 0;
  uint64_t chunks_in_use = 0;
  bool tracing = false;
  std::string sampler;  ///< as OTEL_TRACES_SAMPLER names it
  double ratio = 0;
  std::map<std::string, uint64_t> counters;  ///< by name; zero ones are left out
  std::vector<DataStoreStatistics> stores;
};

struct RunSummary {
  uint64_t spans = 0;
  uint64_t traces = 0;  ///< by TraceCounter; not counted for processes outside of any run
  uint64_t processes = 0;
  uint64_t alive = 0;
  uint64_t lost = 0;               ///< by the agents' lost_* counters
  uint64_t in_flight_at_exit = 0;  ///< of the spans: requests that died with their process
  std::set<std::string> services;
  bool drained = false;  ///< all processes are gone, and all their spans are done
};

using NamedExporterStatistics = std::vector<std::pair<std::string, ExporterStatistics>>;

struct CollectorStatistics {
  uint32_t pid = 0;
  uint64_t uptime_seconds = 0;
  uint64_t resident_bytes = 0;
  std::string directory;  ///< SEAMTRACE_DIR
  RingReaderStatistics reader;
  std::vector<ProcessStatistics> processes;
  NamedExporterStatistics exporters;
  std::vector<std::string> warnings;
};

struct InFlightRequest {
  uint32_t pid = 0;
  std::string service;
  std::string kind;  ///< server or client
  std::string name;  ///< `GET /path`, without the query
  std::string trace_id;
  std::string span_id;
  uint64_t age_ms = 0;
};

}  // namespace seamtrace::collector
