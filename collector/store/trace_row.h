// TraceRow, Rollup, EdgeRollup: what the store tells without unpacking a trace.
// Path:    store -> query
// Owner:   values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "collector/interpret/span.h"
#include "collector/store/histogram.h"

namespace seamtrace::collector {

/// Nanoseconds since 1970; `until` is not included.
struct TimeRange {
  uint64_t since_ns = 0;
  uint64_t until_ns = UINT64_MAX;
};

/// The other end of a client or producer span.
enum class NodeKind : uint8_t {
  kNone = 0,      ///< servers', consumers' and internal spans have no other end
  kService = 1,   ///< a service whose own spans are here
  kDatabase = 2,  ///< has db.system.name
  kCache = 3,     ///< Redis, memcached and their kin
  kExternal = 4,  ///< a host that sent no spans
  kQueue = 5,     ///< has messaging.system
};

/// `database`, `cache`, ...; `` for kNone.
std::string_view node_kind_name(NodeKind kind);

struct Node {
  NodeKind kind = NodeKind::kNone;
  std::string system;  ///< db.system.name or messaging.system, else empty
  std::string name;    ///< `shop`, `postgresql shop`, `redis 127.0.0.1:6379`, `api.example.com:443`

  auto operator<=>(const Node&) const =
      default;  // NOLINT(modernize-use-nullptr): takes `<=>` for 0
};

/// One trace in a list. Root: the span without a parent here; the earliest when there are several.
struct TraceRow {
  int64_t row = 0;  ///< for StoreReader::load
  TraceId trace_id{};
  uint64_t start_unix_ns = 0;
  uint64_t end_unix_ns = 0;
  uint64_t change = 0;  ///< grows with every commit; the trace's last one
  std::string root_service;
  std::string root_name;
  SpanKind root_kind = SpanKind::kInternal;
  StatusCode root_status = StatusCode::kUnset;
  int32_t http_status = 0;   ///< of the root, 0: none
  bool root_is_here = true;  ///< false: the root's parent was made elsewhere, and is not here (yet)
  uint32_t spans = 0;
  uint32_t errors = 0;
  std::vector<std::string> services;  ///< sorted
};

struct OperationKey {
  std::string service;
  std::string name;
  SpanKind kind = SpanKind::kInternal;
  Node peer;  ///< of client and producer spans, as far as the span itself tells

  auto operator<=>(const OperationKey&) const = default;  // NOLINT(modernize-use-nullptr)
};

/// The spans of one operation that began in one minute.
struct Rollup {
  OperationKey operation;
  uint64_t minute_unix_s = 0;  ///< the minute's first second
  uint64_t count = 0;
  uint64_t errors = 0;
  uint64_t total_ns = 0;
  uint64_t hits = 0;  ///< of caches
  uint64_t misses = 0;
  Histogram durations;
  Histogram error_durations;
  TraceId slowest{};  ///< exemplar
  uint64_t slowest_ns = 0;
  TraceId error{};  ///< exemplar; all zero: no error
};

/// The calls from one service to another node that began in one minute. `to` is the service that
/// answered when its span is in the trace, else what the client span says.
struct EdgeRollup {
  std::string from;
  Node to;
  uint64_t minute_unix_s = 0;
  uint64_t count = 0;
  uint64_t errors = 0;
  uint64_t total_ns = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;
  Histogram durations;  ///< as the client saw them
  TraceId slowest{};
  uint64_t slowest_ns = 0;
};

}  // namespace seamtrace::collector
