// Intake: takes records from the ring reader and makes batches of spans of them.
// Path:    ring_reader -> [interpret -> process] -> Dispatch
// Owner:   the Collector.
// Threads: one.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "collector/dispatch.h"
#include "collector/interpret/interpreter.h"
#include "collector/process/batcher.h"
#include "collector/process/resource_builder.h"
#include "collector/process/span_limits.h"
#include "collector/query/statistics.h"
#include "collector/query/trace_counter.h"
#include "collector/ring_reader/consumer.h"
#include "collector/support/configuration.h"

namespace seamtrace::collector {

class Intake : public RecordConsumer {
 public:
  /// Borrows `dispatch`.
  Intake(const Configuration& configuration, Dispatch& dispatch);

  void attached(ProducerId producer, const ProcessFacts& facts) override;
  bool ready() const override { return reading_ && dispatch_.ready(); }
  uint64_t accept(ProducerId producer, const Record& record) override;
  void detached(ProducerId producer, const Counters& counters) override;

  /// Once a round, before reading: the clock of this round's spans.
  void begin_round(uint64_t now_ns, uint64_t now_unix_ns);
  /// Once a round, after reading: hands on a batch that has waited long enough, or any when
  /// `hurry`.
  void end_round(bool hurry);
  bool batch_open() const { return !batcher_.empty(); }

  /// Spans that were received, as a batch of their own: its sequence. 0: nothing was taken, the
  /// exporters are busy.
  uint64_t take(SpanList&& spans);

  /// No record is accepted any more.
  void stop_reading() { reading_ = false; }

  /// What is kept of a run, also of its processes that are gone.
  struct Run {
    RunSummary gone;
    TraceCounter traces;
    uint64_t attached = 0;
  };
  struct Process {
    std::string run_id;
    std::string service;
    std::string executable;
    std::string command;
    uint64_t spans = 0;
    uint64_t in_flight_at_exit = 0;
    Interpreter interpreter;
    SpanLimits limits;
    Run& run;
  };
  /// None for an unknown producer.
  const Process* process(ProducerId producer) const;
  /// The processes of a run that are gone, and the traces of all of its processes.
  RunSummary finished(const std::string& run_id) const;

  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  void keep_idle(const std::string& run_id);
  void warn(const std::string& sentence);

  Configuration configuration_;
  Dispatch& dispatch_;
  Batcher batcher_;
  HostFacts host_;
  std::unordered_map<ProducerId, Process> processes_;
  ProducerId last_producer_ = 0;
  Process* last_process_ = nullptr;  ///< most records come many at a time from one process
  std::unordered_map<std::string, Run> runs_;
  std::deque<std::string> idle_runs_;  ///< without a process now, oldest first; bounds runs_
  std::vector<std::string> warnings_;
  uint64_t now_ns_ = 0;
  uint64_t now_unix_ns_ = 0;
  bool reading_ = true;
};

}  // namespace seamtrace::collector
