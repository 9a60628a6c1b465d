#include "collector/query/bottlenecks/differences.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace seamtrace::collector::bottlenecks {
namespace {

/// Two findings about (nearly) the same requests say the same thing twice.
constexpr double kAlike = 0.9;

/// An attribute repeats attributes; a span repeats spans and calls.
bool may_repeat(const Finding& finding, const Finding& better) {
  if (finding.kind == FindingKind::kError || better.kind == FindingKind::kError) return false;
  return (finding.kind == FindingKind::kAttribute) == (better.kind == FindingKind::kAttribute);
}

bool repeats(const Finding& finding, const Finding& better) {
  if (finding.having.empty() || better.having.empty() || !may_repeat(finding, better)) return false;
  std::vector<size_t> common;
  std::set_intersection(finding.having.begin(), finding.having.end(), better.having.begin(),
                        better.having.end(), std::back_inserter(common));
  const size_t either = finding.having.size() + better.having.size() - common.size();
  return static_cast<double>(common.size()) >= kAlike * static_cast<double>(either);
}

void append(std::vector<Finding>& all, std::vector<Finding>&& more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

}  // namespace

std::vector<Finding> find_differences(const Sample& sample, const std::vector<bool>& slow,
                                      double least_slowdown) {
  const Contrast contrast(sample.requests(), slow);
  std::vector<Finding> told;
  if (contrast.observation_count().slow < kLeastSlow || contrast.request_count().rest == 0)
    return told;
  if (contrast.mean_slow_ns() < least_slowdown * contrast.mean_rest_ns()) return told;
  std::vector<Finding> all = differing_facts(sample, contrast);
  append(all, differing_numbers(sample, contrast));
  append(all, differing_times(sample, contrast));
  std::stable_sort(all.begin(), all.end(),
                   [](const Finding& a, const Finding& b) { return a.weight > b.weight; });
  for (Finding& finding : all) {
    const bool repeated = std::any_of(
        told.begin(), told.end(), [&](const Finding& better) { return repeats(finding, better); });
    if (!repeated) told.push_back(std::move(finding));
    if (told.size() == kMostFindings) break;
  }
  return told;
}

}  // namespace seamtrace::collector::bottlenecks
