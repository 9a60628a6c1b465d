// Traffic: the traces of a gateway, a shop, PostgreSQL, Redis and a payment service, as the agent
// makes them: for benchmarks and the test that kills.
#pragma once

#include <cstdint>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "collector/process/batch.h"
#include "collector/process/resource.h"

namespace seamtrace::collector::testing {

struct TrafficOptions {
  uint64_t begin_unix_ns = 0;
  double spans_per_second = 1000;  ///< of the traffic's own time
  uint64_t seed = 1;
};

/// Spans come in the order in which they end, so that the traces of a moment mix.
class Traffic {
 public:
  explicit Traffic(const TrafficOptions& options);
  /// The next `spans` spans, as a batch.
  BatchPtr batch(size_t spans);

 private:
  struct Times {
    uint64_t start = 0, end = 0;
  };
  struct Ended {
    uint64_t end = 0;
    uint64_t order = 0;
    std::shared_ptr<SpanList> trace;
    size_t index = 0;
    bool operator<(const Ended& other) const {
      return std::tie(end, order) > std::tie(other.end, other.order);
    }
  };
  class Maker;

  void make_trace();
  uint64_t number(uint64_t below) { return random_() % below; }
  uint64_t duration(double median_us);

  std::mt19937_64 random_;
  std::vector<std::shared_ptr<const Resource>> gateways_, shops_, payments_;
  std::priority_queue<Ended> waiting_;
  double now_ns_;
  double ns_per_span_;
  uint64_t order_ = 0;
};

}  // namespace seamtrace::collector::testing
