#include "collector/query/services/exemplars.h"

#include <optional>

#include "collector/process/resource.h"
#include "collector/store/peer.h"

namespace seamtrace::collector::services {

using nlohmann::json;

namespace {

Rollup as_rollup(const Span& span) {
  Rollup rollup;
  if (span.resource != nullptr) rollup.operation.service = span.resource->service_name();
  rollup.operation.name = span.name;
  rollup.operation.kind = span.kind;
  rollup.operation.peer = peer_of(span);
  return rollup;
}

}  // namespace

void Exemplars::add(const Traffic& traffic, const AnsweredRequests& answered) {
  add(traffic.slowest, false, answered);
  add(traffic.error, true, answered);
}

void Exemplars::add(const TraceId& trace_id, bool failed, const AnsweredRequests& answered) {
  if (trace_id == TraceId{} || exemplars_.size() == kMost) return;
  const std::optional<TraceRow> row = store_.find(trace_id);
  if (!row || spans_seen_ + row->spans > kMostSpans) return;
  spans_seen_ += row->spans;
  const Result<SpanList> list = store_.load(row->row);
  if (!list) return;
  std::optional<Exemplar> longest;
  for (const Span& span : list->spans) {
    if (failed && span.status != StatusCode::kError) continue;
    if (!filter_.selects(as_rollup(span), answered)) continue;
    const uint64_t duration = duration_ns(span.start_unix_ns, span.end_unix_ns);
    if (longest && longest->duration_ns >= duration) continue;
    longest = {span.start_unix_ns, duration, trace_id, span.status == StatusCode::kError};
  }
  if (longest) exemplars_.insert(*longest);
}

json Exemplars::take() {
  json list = json::array();
  for (const Exemplar& exemplar : exemplars_) {
    list.push_back({{"time_us", microseconds(exemplar.start_unix_ns)},
                    {"duration_ns", exemplar.duration_ns},
                    {"trace_id", json_id(exemplar.trace_id)},
                    {"error", exemplar.error}});
  }
  exemplars_.clear();
  return list;
}

}  // namespace seamtrace::collector::services
