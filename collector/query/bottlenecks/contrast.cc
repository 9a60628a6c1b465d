#include "collector/query/bottlenecks/contrast.h"

#include <algorithm>
#include <numeric>

#include "collector/query/bottlenecks/significance.h"

namespace seamtrace::collector::bottlenecks {
namespace {

double ratio(double part, uint64_t whole) {
  return whole == 0 ? 0 : part / static_cast<double>(whole);
}

/// `count` of the `requests` of one trace have it.
void add(const SlowAndRest<uint64_t>& count, const SlowAndRest<uint64_t>& requests,
         Having& having) {
  having.requests.slow += count.slow;
  having.requests.rest += count.rest;
  if (count.slow != 0 && 2 * count.slow >= requests.slow) ++having.observations.slow;
  if (count.rest != 0 && 2 * count.rest >= requests.rest) ++having.observations.rest;
}

}  // namespace

std::vector<bool> slowest_tenth(const std::vector<Request>& requests) {
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return requests[a].duration_ns > requests[b].duration_ns;
  });
  order.resize((requests.size() + 9) / 10);
  std::vector<bool> slow(requests.size());
  for (const size_t request : order) slow[request] = true;
  return slow;
}

Contrast::Contrast(const std::vector<Request>& requests, const std::vector<bool>& slow)
    : requests_(requests), slow_(slow) {
  double slow_ns = 0, rest_ns = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (i == 0 || requests[i].trace != requests[i - 1].trace) blocks_.push_back({i, i, {}});
    Block& block = blocks_.back();
    block.end = i + 1;
    ++(slow[i] ? block.requests.slow : block.requests.rest);
    (slow[i] ? slow_ns : rest_ns) += static_cast<double>(requests[i].duration_ns);
  }
  for (const Block& block : blocks_) {
    request_count_.slow += block.requests.slow;
    request_count_.rest += block.requests.rest;
    observation_count_.slow += block.requests.slow != 0 ? 1 : 0;
    observation_count_.rest += block.requests.rest != 0 ? 1 : 0;
  }
  mean_slow_ns_ = ratio(slow_ns, request_count_.slow);
  mean_rest_ns_ = ratio(rest_ns, request_count_.rest);
}

std::vector<Having> Contrast::count_facts(size_t facts) const {
  std::vector<Having> counts(facts);
  std::vector<SlowAndRest<uint64_t>> in_block(facts);
  std::vector<uint32_t> touched;
  for (const Block& block : blocks_) {
    touched.clear();
    for (size_t i = block.begin; i < block.end; ++i) {
      for (const uint32_t fact : requests_[i].facts) {
        SlowAndRest<uint64_t>& count = in_block[fact];
        if (count.slow + count.rest == 0) touched.push_back(fact);
        ++(slow_[i] ? count.slow : count.rest);
      }
    }
    for (const uint32_t fact : touched) {
      SlowAndRest<uint64_t>& count = in_block[fact];
      add(count, block.requests, counts[fact]);
      count = {};
    }
  }
  return counts;
}

Having Contrast::count(const std::vector<bool>& has) const {
  Having having;
  for (const Block& block : blocks_) {
    SlowAndRest<uint64_t> count;
    for (size_t i = block.begin; i < block.end; ++i)
      if (has[i]) ++(slow_[i] ? count.slow : count.rest);
    add(count, block.requests, having);
  }
  return having;
}

double Contrast::slow_share(const Having& having) const {
  return ratio(static_cast<double>(having.requests.slow), request_count_.slow);
}

double Contrast::rest_share(const Having& having) const {
  return ratio(static_cast<double>(having.requests.rest), request_count_.rest);
}

double Contrast::chance(const Having& having) const {
  return chance_of_share(having.observations.slow, observation_count_.slow,
                         having.observations.rest, observation_count_.rest);
}

size_t Contrast::slowest_of(const std::vector<size_t>& requests) const {
  size_t slowest = requests.front();
  for (const size_t request : requests) {
    const bool longer = requests_[request].duration_ns > requests_[slowest].duration_ns;
    if (slow_[request] && (longer || !slow_[slowest])) slowest = request;
  }
  return slowest;
}

Quantity Contrast::compare(const std::vector<double>& values) const {
  std::vector<double> slow, rest;
  Quantity quantity;
  for (const Block& block : blocks_) {
    double slow_sum = 0, rest_sum = 0;
    for (size_t i = block.begin; i < block.end; ++i) (slow_[i] ? slow_sum : rest_sum) += values[i];
    if (block.requests.slow != 0) slow.push_back(ratio(slow_sum, block.requests.slow));
    if (block.requests.rest != 0) rest.push_back(ratio(rest_sum, block.requests.rest));
    quantity.mean_slow += slow_sum;
    quantity.mean_rest += rest_sum;
  }
  quantity.mean_slow = ratio(quantity.mean_slow, request_count_.slow);
  quantity.mean_rest = ratio(quantity.mean_rest, request_count_.rest);
  quantity.chance = chance_of_larger(slow, rest);
  return quantity;
}

}  // namespace seamtrace::collector::bottlenecks
