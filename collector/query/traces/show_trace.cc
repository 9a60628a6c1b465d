#include <algorithm>
#include <unordered_map>

#include "collector/export/otlp/otlp_encoder.h"
#include "collector/process/resource.h"
#include "collector/query/peer_finder.h"
#include "collector/query/traces/large_trace.h"
#include "collector/query/traces/trace_lookup.h"
#include "collector/query/traces/traces.h"

namespace seamtrace::collector::traces {
namespace {

using nlohmann::json;

/// Left out when empty.
void add_text(json& object, const char* key, std::string_view text) {
  if (!text.empty()) object[key] = json_text(text);
}

void add_count(json& object, const char* key, uint32_t count) {
  if (count != 0) object[key] = count;
}

int64_t offset_ns(uint64_t time_unix_ns, uint64_t start_unix_ns) {
  return static_cast<int64_t>(time_unix_ns - start_unix_ns);
}

class TraceAnswer {
 public:
  explicit TraceAnswer(const std::vector<Span>& spans) : spans_(spans), peers_(spans) {
    for (const Span& span : spans) {
      start_unix_ns_ = std::min(start_unix_ns_, span.start_unix_ns);
      end_unix_ns_ = std::max(end_unix_ns_, span.end_unix_ns);
      errors_ += span.status == StatusCode::kError ? 1 : 0;
    }
  }

  /// With the first `shown` spans, by start.
  json body(const TraceRow& row, size_t shown) {
    json spans = json::array();
    for (size_t i = 0; i < shown; ++i) spans.push_back(span_json(spans_[i]));
    json services = json::array();
    for (const std::string& service : row.services) services.push_back(json_text(service));
    return {{"trace_id", json_id(row.trace_id)},
            {"start_unix_ns", json_time(start_unix_ns_)},
            {"start_us", microseconds(start_unix_ns_)},
            {"duration_ns", duration_ns(start_unix_ns_, end_unix_ns_)},
            {"errors", errors_},
            {"span_count", spans_.size()},
            {"complete", shown == spans_.size()},
            {"services", std::move(services)},
            {"resources", std::move(resources_)},
            {"spans", std::move(spans)}};
  }

 private:
  size_t resource_number(const Span& span) {
    const auto [found, is_new] =
        resource_numbers_.emplace(span.resource.get(), resource_numbers_.size());
    if (is_new)
      resources_.push_back(span.resource == nullptr ? json::object()
                                                    : json_attributes(span.resource->attributes()));
    return found->second;
  }

  json event_json(const Event& event) const {
    json result = {{"time_ns", offset_ns(event.time_unix_ns, start_unix_ns_)},
                   {"name", json_text(event.name)},
                   {"attributes", json_attributes(event.attributes)}};
    add_count(result, "dropped_attributes", event.dropped_attributes);
    return result;
  }

  static json link_json(const Link& link) {
    json result = {{"trace_id", json_id(link.trace_id)},
                   {"span_id", json_id(link.span_id)},
                   {"attributes", json_attributes(link.attributes)}};
    add_text(result, "trace_state", link.trace_state);
    add_count(result, "dropped_attributes", link.dropped_attributes);
    return result;
  }

  json span_json(const Span& span) {
    const std::string_view service =
        span.resource == nullptr ? std::string_view{} : span.resource->service_name();
    json result = {{"span_id", json_id(span.span_id)},
                   {"parent_span_id", json_id(span.parent_span_id)},
                   {"name", json_text(span.name)},
                   {"kind", kind_name(span.kind)},
                   {"service", json_text(service)},
                   {"resource", resource_number(span)},
                   {"start_ns", offset_ns(span.start_unix_ns, start_unix_ns_)},
                   {"duration_ns", duration_ns(span.start_unix_ns, span.end_unix_ns)},
                   {"status", status_name(span.status)},
                   {"attributes", json_attributes(span.attributes)},
                   {"peer", json_node(peers_.peer(span))},
                   {"flags", span.trace_flags}};
    add_text(result, "scope", span.scope);
    add_text(result, "status_message", span.status_message);
    add_text(result, "trace_state", span.trace_state);
    for (const Event& event : span.events) result["events"].push_back(event_json(event));
    for (const Link& link : span.links) result["links"].push_back(link_json(link));
    add_count(result, "dropped_attributes", span.dropped_attributes);
    add_count(result, "dropped_events", span.dropped_events);
    add_count(result, "dropped_links", span.dropped_links);
    return result;
  }

  const std::vector<Span>& spans_;
  PeerFinder peers_;
  uint64_t start_unix_ns_ = UINT64_MAX;
  uint64_t end_unix_ns_ = 0;
  size_t errors_ = 0;
  json resources_ = json::array();
  std::unordered_map<const Resource*, size_t> resource_numbers_;
};

}  // namespace

QueryAnswer show_trace(StoreReader& store, std::string_view id, const TraceLimits& limits) {
  auto found = look_up(store, id);
  if (auto* answer = std::get_if<QueryAnswer>(&found)) return std::move(*answer);
  const TraceRow& row = std::get<TraceRow>(found);
  auto turn = take_turn(row.spans);
  const auto list = store.load(row.row);
  if (!list) return store_fault(list.error());
  const size_t shown = spans_within(list->spans, limits);
  return {200, TraceAnswer(list->spans).body(row, shown), std::move(turn)};
}

QueryAnswer export_trace(StoreReader& store, std::string_view id, const TraceLimits& limits) {
  auto found = look_up(store, id);
  if (auto* answer = std::get_if<QueryAnswer>(&found)) return std::move(*answer);
  const TraceRow& row = std::get<TraceRow>(found);
  const auto too_large = [&row] {
    return bad_question("This trace is too large to be downloaded as OTLP, with its " +
                        std::to_string(row.spans) + " spans; trace/ID shows the first of them");
  };
  if (row.spans > limits.spans) return too_large();
  auto turn = take_turn(row.spans);
  const auto list = store.load(row.row);
  if (!list) return store_fault(list.error());
  if (spans_within(list->spans, limits) < list->spans.size()) return too_large();
  std::vector<const Span*> spans;
  spans.reserve(list->spans.size());
  for (const Span& span : list->spans) spans.push_back(&span);
  if (spans.empty()) return ok_answer({{"resourceSpans", json::array()}});
  return {200, json::parse(encode_otlp_json(spans)), std::move(turn)};
}

}  // namespace seamtrace::collector::traces
