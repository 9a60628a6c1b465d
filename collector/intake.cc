#include "collector/intake.h"

#include <algorithm>

#include "collector/support/log.h"
#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

constexpr uint64_t kLongestBatchAgeNs = 100'000'000;
constexpr size_t kMostIdleRuns = 256;
/// Of these the traces are known one by one, in case that another process of theirs starts.
constexpr size_t kMostIdleRunsWithTraces = 8;
constexpr size_t kMostWarnings = 100;

/// What the process says of its own spans, over what the collector's operator says of all.
Configuration view_of(const ProcessFacts& facts, const Configuration& collector) {
  Configuration::Environment environment = facts.environment;
  for (const wire::Option& option : wire::kOptions)
    if ((option.group == "HTTP" || option.group == "Databases" || option.group == "Limits") &&
        collector.is_set(option.name))
      environment.emplace(option.name, collector.text(option.name));
  return Configuration::from(std::move(environment));
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

}  // namespace

Intake::Intake(const Configuration& configuration, Dispatch& dispatch)
    : configuration_(configuration),
      dispatch_(dispatch),
      batcher_(configuration.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE").value_or(512)),
      host_(HostFacts::of_this_machine()),
      // Whoever read the variables has said so; the status says it to others.
      warnings_(configuration.warnings()) {}

void Intake::attached(ProducerId producer, const ProcessFacts& facts) {
  const Configuration view = view_of(facts, configuration_);
  for (const std::string& warning : view.warnings()) warn(warning);
  const auto resource = make_resource(facts, view, host_);
  Interpreter interpreter(view, configuration_.list("SEAMTRACE_HTTP_REDACT_QUERY_KEYS"),
                          facts.clock, resource);
  const std::string run_id(facts.run_id());
  Run& run = runs_[run_id];
  if (run.attached++ == 0) std::erase(idle_runs_, run_id);
  processes_.emplace(producer,
                     Process{run_id, std::string(resource->service_name()),
                             std::string(executable_name(facts)), joined(facts.command_line), 0, 0,
                             std::move(interpreter), SpanLimits::from(view), run});
  last_process_ = nullptr;
}

uint64_t Intake::accept(ProducerId producer, const Record& record) {
  if (producer != last_producer_ || last_process_ == nullptr) {
    last_producer_ = producer;
    last_process_ = &processes_.at(producer);
  }
  Process& process = *last_process_;
  Arena& arena = batcher_.arena();
  Span span = process.interpreter.interpret(record, arena, now_unix_ns_);
  process.limits.apply(span, arena);
  ++process.spans;
  if (record.death) ++process.in_flight_at_exit;
  if (!process.run_id.empty()) process.run.traces.add(span.trace_id);
  const uint64_t sequence = batcher_.sequence();
  batcher_.add(std::move(span), now_ns_);
  if (batcher_.full()) dispatch_.give(batcher_.close());
  return sequence;
}

void Intake::detached(ProducerId producer, const Counters& counters) {
  const auto found = processes_.find(producer);
  if (found == processes_.end()) return;
  const Process& process = found->second;
  RunSummary& run = process.run.gone;
  run.spans += process.spans;
  run.in_flight_at_exit += process.in_flight_at_exit;
  run.lost += lost_spans(counters);
  ++run.processes;
  run.services.insert(process.service);
  if (--process.run.attached == 0) keep_idle(process.run_id);
  last_process_ = nullptr;
  processes_.erase(found);
}

void Intake::keep_idle(const std::string& run_id) {
  idle_runs_.push_back(run_id);
  if (idle_runs_.size() > kMostIdleRunsWithTraces)
    runs_.at(idle_runs_[idle_runs_.size() - 1 - kMostIdleRunsWithTraces]).traces.settle();
  if (idle_runs_.size() <= kMostIdleRuns) return;
  runs_.erase(idle_runs_.front());
  idle_runs_.pop_front();
}

void Intake::begin_round(uint64_t now_ns, uint64_t now_unix_ns) {
  now_ns_ = now_ns;
  now_unix_ns_ = now_unix_ns;
  dispatch_.try_again();
}

void Intake::end_round(bool hurry) {
  if (!batcher_.empty() && dispatch_.ready() &&
      (hurry || now_ns_ - batcher_.since_ns() >= kLongestBatchAgeNs))
    dispatch_.give(batcher_.close());
}

uint64_t Intake::take(SpanList&& spans) {
  dispatch_.try_again();
  if (!ready()) return 0;
  // Records that are in the open batch keep the number that they were promised.
  if (!batcher_.empty()) dispatch_.give(batcher_.close());
  if (!dispatch_.ready()) return 0;
  dispatch_.give(batcher_.wrap(std::move(spans)));
  return batcher_.closed();
}

const Intake::Process* Intake::process(ProducerId producer) const {
  const auto found = processes_.find(producer);
  return found == processes_.end() ? nullptr : &found->second;
}

RunSummary Intake::finished(const std::string& run_id) const {
  const auto found = runs_.find(run_id);
  if (found == runs_.end()) return {};
  RunSummary summary = found->second.gone;
  summary.traces = found->second.traces.count();
  return summary;
}

void Intake::warn(const std::string& sentence) {
  if (warnings_.size() >= kMostWarnings ||
      std::find(warnings_.begin(), warnings_.end(), sentence) != warnings_.end())
    return;
  warnings_.push_back(sentence);
  log(LogLevel::kWarning, sentence);
}

}  // namespace seamtrace::collector
