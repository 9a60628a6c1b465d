// Exemplars: traces that stand for a point of a chart.
// Path:    roll-ups, traces -> [services] -> series
// Owner:   a value for one question.
// Memory:  one trace at a time.
// Failure: a trace that is gone, or damaged, or too much work to look at, is left out.
#pragma once

#include <cstdint>
#include <set>
#include <tuple>

#include "collector/query/services/operation_filter.h"
#include "collector/query/services/traffic.h"
#include "collector/store/store.h"
#include "nlohmann/json.hpp"

namespace seamtrace::collector::services {

class Exemplars {
 public:
  static constexpr size_t kMost = 200;
  /// Spans unpacked to find the exact time of exemplars.
  static constexpr uint64_t kMostSpans = 30'000;

  Exemplars(StoreReader& store, const OperationFilter& filter) : store_(store), filter_(filter) {}

  /// The slowest request of the step, and one that failed.
  void add(const Traffic& traffic, const AnsweredRequests& answered);
  /// By time.
  nlohmann::json take();

 private:
  struct Exemplar {
    uint64_t start_unix_ns;
    uint64_t duration_ns;
    TraceId trace_id;
    bool error;
    bool operator<(const Exemplar& other) const {
      return std::tie(start_unix_ns, duration_ns, trace_id) <
             std::tie(other.start_unix_ns, other.duration_ns, other.trace_id);
    }
  };

  void add(const TraceId& trace_id, bool failed, const AnsweredRequests& answered);

  StoreReader& store_;
  const OperationFilter& filter_;
  uint64_t spans_seen_ = 0;
  std::set<Exemplar> exemplars_;
};

}  // namespace seamtrace::collector::services
