// The side of the Collector that answers questions.
#include <unistd.h>

#include <cstdio>

#include "collector/interpret/http_head.h"
#include "collector/interpret/network.h"
#include "collector/pipeline.h"
#include "collector/query/status_json.h"
#include "collector/support/clock.h"
#include "collector/support/hex.h"
#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

using nlohmann::json;

std::string_view sampler_names() {
  for (const wire::Option& option : wire::kOptions)
    if (option.name == "OTEL_TRACES_SAMPLER") return option.values;
  return {};
}

std::string sampler_name(uint32_t sampler) {
  std::string_view names = sampler_names();
  for (; sampler > 0 && !names.empty(); --sampler)
    names.remove_prefix(std::min(names.find(' '), names.size() - 1) + 1);
  return names.empty() ? "unknown" : std::string(names.substr(0, names.find(' ')));
}

uint64_t resident_bytes() {
  unsigned long total = 0, resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  const int fields = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return fields == 2 ? resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

/// `GET /path`, `postgresql shop`: what a person recognises the request by, without its secrets.
std::string short_name(const Record& record) {
  const auto protocol = static_cast<wire::Protocol>(record.exchange.protocol);
  if (wire::is_database(protocol)) {
    std::string name(wire::system_name(protocol));
    for (const Slice& slice : record.slices)
      if (slice.kind == wire::SliceKind::kNamespace) name += ' ' + std::string(slice.bytes);
    return name;
  }
  for (const Slice& slice : record.slices) {
    if (slice.kind != wire::SliceKind::kRequestLine) continue;
    const RequestLine line = split_request_line(slice.bytes, slice.truncated);
    return std::string(line.method) + ' ' +
           std::string(line.target.substr(0, line.target.find('?')));
  }
  return {};
}

}  // namespace

std::optional<json> Collector::answer(ClientId client, const json& request) {
  const std::string command = request.value("command", "");
  const std::string run_id = request.value("run_id", "");
  if (command == "status") return status_answer();
  if (command == "in_flight") return to_json(in_flight());
  if (command == "run_summary") return to_json(summary_of(run_id), run_id);
  if (command == "set") return change_control(request);
  if (command == "note_exit") {
    reader_.note_exit(request.value("pid", uint32_t{0}), request.value("status", 0));
    return json{{"ok", true}};
  }
  if (command == "drain") {
    const auto timeout = request.value("timeout_ms", uint64_t{5000});
    constexpr uint64_t kLongest = 3'600'000;
    drains_.push_back({client, run_id, monotonic_ns() + std::min(timeout, kLongest) * 1'000'000u});
    return std::nullopt;
  }
  if (command == "stop") {
    drain_and_stop(
        std::chrono::milliseconds(configuration_.number("SEAMTRACE_FLUSH_TIMEOUT").value_or(5000)));
    return json{{"ok", true}};
  }
  return error_answer("unknown command \"" + command + "\"");
}

json Collector::status_answer() const {
  json answer = to_json(collect_statistics());
  for (const auto& add : status_parts_) add(answer);
  return answer;
}

json Collector::change_control(const json& request) {
  const auto pid = request.value("pid", uint32_t{0});
  ControlChange change;
  if (request.contains("tracing")) change.tracing = request.at("tracing").get<bool>();
  if (request.contains("ratio")) {
    change.ratio = request.at("ratio").get<double>();
    if (!(*change.ratio >= 0 && *change.ratio <= 1)) return error_answer("ratio is not 0 to 1");
  }
  if (request.contains("sampler")) {
    const auto name = request.at("sampler").get<std::string>();
    const auto index = wire::parse_choice(name, sampler_names());
    if (!index.valid) return error_answer("unknown sampler \"" + name + "\"");
    change.sampler = static_cast<wire::Sampler>(index.value);
  }
  int changed = 0;
  reader_.visit([&](const Segment& segment, bool alive) {
    if (alive && segment.facts().pid == pid && segment.change(change)) ++changed;
  });
  if (changed == 0) return error_answer("no traced process " + std::to_string(pid));
  return {{"ok", true}, {"processes", changed}};
}

RunSummary Collector::summary_of(const std::string& run_id) const {
  RunSummary summary = intake_.finished(run_id);
  bool all_gone = true;
  reader_.visit([&](const Segment& segment, bool alive) {
    if (segment.facts().run_id() != run_id) return;
    all_gone = false;
    ++summary.processes;
    summary.alive += alive ? 1 : 0;
    summary.lost += lost_spans(segment.counters());
    const Intake::Process* process = intake_.process(segment.id());
    if (process == nullptr) return;
    summary.spans += process->spans;
    summary.in_flight_at_exit += process->in_flight_at_exit;
    summary.services.insert(process->service);
  });
  summary.drained = all_gone;  // a segment goes only when all its spans are done
  return summary;
}

NamedExporterStatistics Collector::exporter_statistics() const {
  NamedExporterStatistics list;
  for (const auto& exporter : dispatch_.exporters())
    list.emplace_back(exporter->name(), exporter->statistics());
  return list;
}

CollectorStatistics Collector::collect_statistics() const {
  CollectorStatistics result;
  result.pid = static_cast<uint32_t>(::getpid());
  result.uptime_seconds = (monotonic_ns() - started_ns_) / 1'000'000'000u;
  result.resident_bytes = resident_bytes();
  result.directory = directory_;
  result.reader = reader_.statistics();
  result.exporters = exporter_statistics();
  result.warnings = intake_.warnings();
  reader_.visit([&](const Segment& segment, bool alive) {
    ProcessStatistics process;
    const ProcessFacts& facts = segment.facts();
    process.pid = facts.pid;
    process.uid = facts.uid;
    process.run_id = facts.run_id();
    process.alive = alive;
    process.in_flight = segment.in_flight();
    process.chunks_in_use = segment.chunks_in_use();
    if (const Intake::Process* known = intake_.process(segment.id()); known != nullptr) {
      process.service = known->service;
      process.executable = known->executable;
      process.command = known->command;
      process.spans = known->spans;
    }
    if (const auto control = segment.control()) {
      process.tracing = control->tracing;
      process.sampler = sampler_name(control->sampler);
      process.ratio = control->ratio;
    }
    const Counters counters = segment.counters();
    for (uint32_t i = 0; i < wire::kCounterCount; ++i)
      if (counters[i] != 0) process.counters[wire::kCounterDescriptions[i].name] = counters[i];
    std::pmr::monotonic_buffer_resource arena;
    for (const Target& target : segment.targets())
      process.stores.push_back({std::string(wire::system_name(target.protocol)),
                                std::string(address_text(arena, target.endpoint)),
                                port_number(target.endpoint), target});
    result.processes.push_back(std::move(process));
  });
  return result;
}

std::vector<InFlightRequest> Collector::in_flight() const {
  std::vector<InFlightRequest> requests;
  const uint64_t now = realtime_ns();
  reader_.visit([&](const Segment& segment, bool alive) {
    if (!alive) return;
    const Intake::Process* process = intake_.process(segment.id());
    segment.visit_in_flight([&](const Record& record) {
      InFlightRequest request;
      request.pid = segment.facts().pid;
      if (process != nullptr) request.service = process->service;
      request.kind =
          record.exchange.role == static_cast<uint8_t>(wire::Role::kServer) ? "server" : "client";
      request.name = short_name(record);
      request.trace_id = to_hex(record.exchange.trace_id);
      request.span_id = to_hex(record.exchange.span_id);
      const uint64_t start = segment.facts().clock.to_unix(record.exchange.start_ns, now);
      request.age_ms = now > start ? (now - start) / 1'000'000u : 0;
      requests.push_back(std::move(request));
    });
  });
  return requests;
}

CollectorStatistics Collector::statistics() const {
  const std::lock_guard lock(mutex_);
  return collect_statistics();
}

json Collector::status() const {
  const std::lock_guard lock(mutex_);
  return status_answer();
}

json Collector::change_process(const json& wish) {
  const std::lock_guard lock(mutex_);
  return change_control(wish);
}

RunSummary Collector::run_summary(const std::string& run_id) const {
  const std::lock_guard lock(mutex_);
  return summary_of(run_id);
}

}  // namespace seamtrace::collector
