// Contrast: the slow requests beside the rest.
// Path:    Sample -> [query/bottlenecks] -> findings
// Owner:   a value; borrows the requests.
//
// Shares and means count requests. Chance counts traces: requests of one trace are alike because
// they belong together, and fifty of them prove no more than one. So the slow requests of a trace
// are one observation, and its other requests are another.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "collector/query/bottlenecks/sample.h"

namespace seamtrace::collector::bottlenecks {

/// The slowest tenth, at least one; of equally slow ones the first.
std::vector<bool> slowest_tenth(const std::vector<Request>& requests);

/// One number for the slow ones, one for the rest.
template <typename T>
struct SlowAndRest {
  T slow{};
  T rest{};
};

/// How many have something.
struct Having {
  SlowAndRest<uint64_t> requests;
  SlowAndRest<uint64_t> observations;
};

/// A quantity of each request.
struct Quantity {
  double mean_slow = 0;
  double mean_rest = 0;
  double chance = 1;  ///< that the slow ones have no more of it
};

class Contrast {
 public:
  /// REQUIRES: as many flags as requests; both outlive it.
  Contrast(const std::vector<Request>& requests, const std::vector<bool>& slow);

  const std::vector<Request>& requests() const { return requests_; }
  bool is_slow(size_t request) const { return slow_[request]; }
  const SlowAndRest<uint64_t>& request_count() const { return request_count_; }
  const SlowAndRest<uint64_t>& observation_count() const { return observation_count_; }
  double mean_slow_ns() const { return mean_slow_ns_; }
  double mean_rest_ns() const { return mean_rest_ns_; }

  /// For each fact how many have it. An observation has what at least half of its requests have.
  std::vector<Having> count_facts(size_t facts) const;
  /// The same for anything else.
  Having count(const std::vector<bool>& has) const;
  double slow_share(const Having& having) const;
  double rest_share(const Having& having) const;
  double chance(const Having& having) const;

  /// The longest of those requests that are slow. REQUIRES: there is one.
  size_t slowest_of(const std::vector<size_t>& requests) const;

  /// `values`: one for each request.
  Quantity compare(const std::vector<double>& values) const;

 private:
  /// The requests from `begin` to `end` belong to one trace.
  struct Block {
    size_t begin;
    size_t end;
    SlowAndRest<uint64_t> requests;
  };

  const std::vector<Request>& requests_;
  const std::vector<bool>& slow_;
  std::vector<Block> blocks_;
  SlowAndRest<uint64_t> request_count_;
  SlowAndRest<uint64_t> observation_count_;
  double mean_slow_ns_ = 0;
  double mean_rest_ns_ = 0;
};

}  // namespace seamtrace::collector::bottlenecks
