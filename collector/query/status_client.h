// StatusClient: asks the collector that serves this user.
// Path:    CLI -> [query] -> the collector's status socket
// Threads: one caller at a time.
// Failure: an Error with a sentence; kTimeout when no answer came in time.
//
// The protocol: one JSON object a line each way, over `<base>/seamtrace-<uid>/collector.socket`.
// Every answer has "ok": true, or "ok": false with "error": "sentence".
//
//   {"command":"status"}
//     -> {"ok":true,
//         "collector": {"pid","version","uptime_seconds","directory","resident_bytes"},
//         "reader":    {"segments","records","invalid_records","rejected_segments",
//                       "pressure_acknowledgements"},
//         "processes": [{"pid","uid","service","executable","command","run_id","alive",
//                        "tracing","sampler","ratio","spans","in_flight","chunks_in_use",
//                        "counters":{name: value, ...}}, ...],
//         "exporters": [{"name","destination","exported","dropped":{reason: spans},"queued",
//                        "capacity","retries","last_error"}, ...],
//         "warnings":  ["sentence", ...],
//         "viewer":    {"url"} | null,
//         "store":     {"path","bytes","traces","spans","oldest_us","duplicates","removed_traces",
//                       "last_error"} | null,
//         "receiver":  {"grpc","http","spans","requests","refused":{reason: n},"last_error"} |
//         null, "overhead":  {"collector_cpu_s","collector_share","processes":[...]}}
//   {"command":"in_flight"}
//     -> {"ok":true,"requests":[{"pid","service","kind":"server"|"client","name","trace_id",
//         "span_id","age_ms"}, ...]}
//   {"command":"run_summary","run_id":"..."}
//   {"command":"drain","run_id":"...","timeout_ms":5000}   (answers once drained, or at the limit)
//     -> {"ok":true,"run_id","spans","traces","processes","alive","lost","in_flight_at_exit",
//         "drained","services":["name", ...],"exporters":[as above],"collector":{"pid"}}
//         "lost" counts the agent's lost_* counters; "traces" 100001 means more than 100000;
//         "drained" is true when every process of the run is gone and all its spans are exported,
//         or dropped and counted
//   {"command":"note_exit","pid":1,"status":9}   (status: as waitpid gave it)     -> {"ok":true}
//   {"command":"set","pid":1,"tracing":true,"sampler":"traceidratio","ratio":0.1}
//         (each of the last three may be left out)               -> {"ok":true,"processes":n}
//   {"command":"stop"}   (drains first)                                           -> {"ok":true}
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "collector/support/file_descriptor.h"
#include "collector/support/result.h"
#include "nlohmann/json.hpp"

namespace seamtrace::collector {

class StatusClient {
 public:
  /// `base` is the value of SEAMTRACE_DIR. An Error means that no collector serves `uid` (or
  /// that it is not ours to ask).
  static Result<StatusClient> connect(const std::string& base, uid_t uid);

  /// Sends one request and waits for its answer. An answer with "ok": false comes back as an
  /// Error with its sentence.
  Result<nlohmann::json> ask(const nlohmann::json& request, std::chrono::milliseconds timeout);

 private:
  explicit StatusClient(FileDescriptor socket) : socket_(std::move(socket)) {}

  FileDescriptor socket_;
  std::string received_;
};

}  // namespace seamtrace::collector
