#include "collector/query/status_json.h"

#include <numeric>

#include "collector/support/version.h"

namespace seamtrace::collector {
namespace {

using nlohmann::json;

/// As a histogram of OpenTelemetry: `counts` has one element more than `bounds`.
json to_json(const ConnectionTimes& times) {
  const auto count = std::accumulate(times.buckets.begin(), times.buckets.end(), uint64_t{0});
  return {{"count", count},
          {"sum_seconds", static_cast<double>(times.nanoseconds) / 1e9},
          {"bounds", wire::kConnectionTimeBounds},
          {"counts", times.buckets}};
}

json to_json(const DataStoreStatistics& store) {
  const Target& counts = store.counts;
  return {{"system", store.system},
          {"address", store.address},
          {"port", store.port},
          {"connections",
           {{"open", counts.open()},
            {"used", counts.used()},
            {"idle", counts.idle()},
            {"opened", counts.opened},
            {"failed", counts.failed},
            {"rejected", counts.rejected},
            {"create_time", to_json(counts.create)},
            {"use_time", to_json(counts.use)}}},
          {"operations", counts.operations},
          {"errors", counts.errors},
          {"cache_hits", counts.hits},
          {"cache_misses", counts.misses}};
}

json to_json(const ProcessStatistics& process) {
  json stores = json::array();
  for (const DataStoreStatistics& store : process.stores) stores.push_back(to_json(store));
  return {{"pid", process.pid},
          {"uid", process.uid},
          {"service", process.service},
          {"executable", process.executable},
          {"command", process.command},
          {"run_id", process.run_id},
          {"alive", process.alive},
          {"tracing", process.tracing},
          {"sampler", process.sampler},
          {"ratio", process.ratio},
          {"spans", process.spans},
          {"in_flight", process.in_flight},
          {"chunks_in_use", process.chunks_in_use},
          {"counters", process.counters},
          {"stores", std::move(stores)}};
}

}  // namespace

json to_json(const NamedExporterStatistics& exporters) {
  json list = json::array();
  for (const auto& [name, statistics] : exporters)
    list.push_back({{"name", name},
                    {"destination", statistics.destination},
                    {"exported", statistics.exported},
                    {"dropped", statistics.dropped},
                    {"queued", statistics.queued},
                    {"capacity", statistics.capacity},
                    {"retries", statistics.retries},
                    {"last_error", statistics.last_error}});
  return list;
}

json to_json(const CollectorStatistics& statistics) {
  json processes = json::array();
  for (const ProcessStatistics& process : statistics.processes)
    processes.push_back(to_json(process));
  const RingReaderStatistics& reader = statistics.reader;
  return {{"ok", true},
          {"collector",
           {{"pid", statistics.pid},
            {"version", kVersion},
            {"uptime_seconds", statistics.uptime_seconds},
            {"directory", statistics.directory},
            {"resident_bytes", statistics.resident_bytes}}},
          {"reader",
           {{"segments", reader.segments},
            {"records", reader.records},
            {"invalid_records", reader.invalid_records},
            {"rejected_segments", reader.rejected_segments},
            {"pressure_acknowledgements", reader.pressure_acknowledgements}}},
          {"processes", std::move(processes)},
          {"exporters", to_json(statistics.exporters)},
          {"warnings", statistics.warnings}};
}

json to_json(const RunSummary& summary, const std::string& run_id) {
  return {{"ok", true},
          {"run_id", run_id},
          {"spans", summary.spans},
          {"traces", summary.traces},
          {"processes", summary.processes},
          {"alive", summary.alive},
          {"lost", summary.lost},
          {"in_flight_at_exit", summary.in_flight_at_exit},
          {"drained", summary.drained},
          {"services", summary.services}};
}

json to_json(const std::vector<InFlightRequest>& requests) {
  json list = json::array();
  for (const InFlightRequest& request : requests)
    list.push_back({{"pid", request.pid},
                    {"service", request.service},
                    {"kind", request.kind},
                    {"name", request.name},
                    {"trace_id", request.trace_id},
                    {"span_id", request.span_id},
                    {"age_ms", request.age_ms}});
  return {{"ok", true}, {"requests", std::move(list)}};
}

json error_answer(const std::string& sentence) { return {{"ok", false}, {"error", sentence}}; }

std::string to_line(const json& object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
}

}  // namespace seamtrace::collector
