#include "collector/query/bottlenecks/summary.h"

#include <algorithm>
#include <cmath>

namespace seamtrace::collector::bottlenecks {
namespace {

void merge(const WhereTimeGoes& from, WhereTimeGoes& into) {
  into.share += from.share;
  into.critical_share += from.critical_share;
  into.mean_ns += from.mean_ns;
  into.slow_mean_ns += from.slow_mean_ns;
  into.calls += from.calls;
  into.slow_calls += from.slow_calls;
}

void keep_the_largest(std::vector<WhereTimeGoes>& all) {
  if (all.size() <= kMostParts) return;
  WhereTimeGoes rest;
  rest.part = {PartKind::kDependency, "internal", "everything else"};
  for (size_t i = kMostParts; i < all.size(); ++i) merge(all[i], rest);
  all.resize(kMostParts);
  all.push_back(std::move(rest));
}

}  // namespace

std::vector<WhereTimeGoes> where_time_goes(const Sample& sample, const std::vector<bool>& slow) {
  std::vector<WhereTimeGoes> all(sample.parts().size());
  const std::vector<Request>& requests = sample.requests();
  double total = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    total += static_cast<double>(requests[i].duration_ns);
    for (const PartTime& time : requests[i].parts) {
      WhereTimeGoes& where = all[time.part];
      where.mean_ns += time.ns;
      where.calls += time.calls;
      where.critical_share += static_cast<double>(time.critical_ns);
      if (!slow[i]) continue;
      where.slow_mean_ns += time.ns;
      where.slow_calls += time.calls;
    }
  }
  const auto count = std::max(1.0, static_cast<double>(requests.size()));
  const auto slow_count =
      std::max(1.0, static_cast<double>(std::count(slow.begin(), slow.end(), true)));
  for (uint32_t part = 0; part < all.size(); ++part) {
    WhereTimeGoes& where = all[part];
    where.part = sample.parts()[part];
    where.share = total > 0 ? where.mean_ns / total : 0;
    where.critical_share = total > 0 ? where.critical_share / total : 0;
    where.mean_ns /= count;
    where.calls /= count;
    where.slow_mean_ns /= slow_count;
    where.slow_calls /= slow_count;
  }
  // Parts of requests that were dropped from the sample again.
  std::erase_if(all, [](const WhereTimeGoes& where) { return where.calls <= 0; });
  std::stable_sort(all.begin(), all.end(), [](const WhereTimeGoes& a, const WhereTimeGoes& b) {
    return a.share > b.share;
  });
  keep_the_largest(all);
  return all;
}

uint64_t percentile(const std::vector<Request>& requests, double fraction) {
  if (requests.empty()) return 0;
  std::vector<uint64_t> durations;
  durations.reserve(requests.size());
  for (const Request& request : requests) durations.push_back(request.duration_ns);
  std::sort(durations.begin(), durations.end());
  const auto rank =
      static_cast<size_t>(std::ceil(fraction * static_cast<double>(durations.size())));
  return durations[std::clamp<size_t>(rank, 1, durations.size()) - 1];
}

}  // namespace seamtrace::collector::bottlenecks
