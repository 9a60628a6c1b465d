#include <algorithm>
#include <cmath>

#include "collector/query/bottlenecks/differences.h"
#include "collector/query/bottlenecks/words.h"

namespace seamtrace::collector::bottlenecks {
namespace {

/// Less of the additional time than this is not worth a sentence.
constexpr double kLeastOfSlowdown = 0.15;
constexpr double kLeastOfRequest = 0.05;

/// One part's share of every request.
struct Column {
  std::vector<double> ns;
  std::vector<double> calls;
  std::vector<bool> present;
};

Column column_of(const std::vector<Request>& requests, uint32_t part) {
  Column column{std::vector<double>(requests.size()), std::vector<double>(requests.size()),
                std::vector<bool>(requests.size())};
  for (size_t i = 0; i < requests.size(); ++i) {
    const std::vector<PartTime>& parts = requests[i].parts;
    const auto found =
        std::lower_bound(parts.begin(), parts.end(), part,
                         [](const PartTime& one, uint32_t number) { return one.part < number; });
    if (found == parts.end() || found->part != part) continue;
    column.ns[i] = found->ns;
    column.calls[i] = found->calls;
    column.present[i] = true;
  }
  return column;
}

/// True when the slow ones call more often, and that tells more than how long a call takes.
bool calls_tell(const Quantity& ns, const Quantity& calls, double most_chance) {
  if (calls.chance > most_chance || calls.mean_slow < 1.5 * calls.mean_rest ||
      calls.mean_slow < calls.mean_rest + 0.5)
    return false;
  if (calls.mean_rest <= 0 || ns.mean_rest <= 0) return true;
  const double more_calls = calls.mean_slow / calls.mean_rest;
  const double longer_calls = ns.mean_slow / ns.mean_rest / more_calls;
  return more_calls >= longer_calls;
}

Finding make_finding(const Part& part, const Column& column, const Contrast& contrast,
                     const Quantity& ns, double most_chance) {
  const Quantity calls = contrast.compare(column.calls);
  const Having having = contrast.count(column.present);
  const double slow_share = contrast.slow_share(having), rest_share = contrast.rest_share(having);
  const double slowdown = contrast.mean_slow_ns() - contrast.mean_rest_ns();
  Finding finding;
  finding.kind = part.kind == PartKind::kSelf ? FindingKind::kSelf : FindingKind::kDependency;
  finding.name = part.name;
  finding.slow_share = slow_share;
  finding.rest_share = rest_share;
  finding.slow_ns = ns.mean_slow;
  finding.rest_ns = ns.mean_rest;
  finding.weight = std::min(1.0, (ns.mean_slow - ns.mean_rest) / slowdown);
  TimeDifference difference{ns.mean_slow,
                            ns.mean_rest,
                            calls.mean_slow,
                            calls.mean_rest,
                            calls_tell(ns, calls, most_chance),
                            false};
  if (slow_share - rest_share >= 0.3 && contrast.chance(having) <= most_chance) {
    difference.mostly_slow = true;
    // As telling as the spans behind it, which it stands for.
    finding.weight = std::max(finding.weight, 1.6 * (slow_share - rest_share));
  }
  finding.words = time_words(part, difference, having, contrast);
  double longest = -1;
  for (size_t i = 0; i < column.ns.size(); ++i) {
    if (difference.mostly_slow && column.present[i]) finding.having.push_back(i);
    if (!contrast.is_slow(i) || column.ns[i] <= longest) continue;
    longest = column.ns[i];
    finding.request = i;
  }
  return finding;
}

}  // namespace

std::vector<Finding> differing_times(const Sample& sample, const Contrast& contrast) {
  std::vector<Finding> findings;
  const double slowdown = contrast.mean_slow_ns() - contrast.mean_rest_ns();
  if (slowdown <= 0 || contrast.observation_count().slow < kLeastSlow) return findings;
  const double least =
      std::max(kLeastOfSlowdown * slowdown, kLeastOfRequest * contrast.mean_rest_ns());
  const double most_chance = kChance / std::max(1.0, static_cast<double>(sample.parts().size()));
  for (uint32_t part = 0; part < sample.parts().size(); ++part) {
    const Column column = column_of(sample.requests(), part);
    const Quantity ns = contrast.compare(column.ns);
    if (ns.mean_slow - ns.mean_rest < least || ns.chance > most_chance) continue;
    if (contrast.count(column.present).observations.slow < kLeastSlow) continue;
    findings.push_back(make_finding(sample.parts()[part], column, contrast, ns, most_chance));
  }
  return findings;
}

}  // namespace seamtrace::collector::bottlenecks
