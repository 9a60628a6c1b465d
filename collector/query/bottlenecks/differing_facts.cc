#include <algorithm>
#include <string>

#include "collector/query/bottlenecks/differences.h"
#include "collector/query/bottlenecks/words.h"

namespace seamtrace::collector::bottlenecks {
namespace {

/// Spans stand below attributes of like shares: they are rather what happens than why.
constexpr double kAttributeWeight = 2, kSpanWeight = 1.5, kErrorWeight = 1.2;

ShareWords words_of(const Fact& fact) {
  switch (fact.kind) {
    case Fact::Kind::kOperation:
      return {"are", fact.value, "are"};
    case Fact::Kind::kAttribute:
      return {"have", fact.name + "=" + fact.value, "do"};
    case Fact::Kind::kRootAttribute:
      if (fact.name == "root.name") return {"belong to a trace that begins with", fact.value, "do"};
      return {"have", fact.name + "=" + fact.value + " on the first span of their trace", "do"};
    case Fact::Kind::kSpan:
      return {"have a span", "\"" + fact.name + "\" of " + fact.value, "do"};
  }
  return {};
}

double mean(double sum, uint64_t count) {
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

/// Fills in who has it, and the time in it.
void look_at_requests(const Sample& sample, const Contrast& contrast, uint32_t fact,
                      Finding& finding) {
  double slow_ns = 0, rest_ns = 0;
  const std::vector<Request>& requests = sample.requests();
  for (size_t i = 0; i < requests.size(); ++i) {
    const Request& request = requests[i];
    if (!std::binary_search(request.facts.begin(), request.facts.end(), fact)) continue;
    const auto span =
        std::lower_bound(request.spans.begin(), request.spans.end(), fact,
                         [](const SpanTime& one, uint32_t number) { return one.fact < number; });
    const bool is_span = span != request.spans.end() && span->fact == fact;
    if (is_span) (contrast.is_slow(i) ? slow_ns : rest_ns) += static_cast<double>(span->ns);
    finding.having.push_back(i);
  }
  finding.request = contrast.slowest_of(finding.having);
  if (sample.facts()[fact].kind != Fact::Kind::kSpan) return;
  finding.slow_ns = mean(slow_ns, contrast.request_count().slow);
  finding.rest_ns = mean(rest_ns, contrast.request_count().rest);
}

void find_errors(const Contrast& contrast, double most_chance, std::vector<Finding>& findings) {
  const std::vector<Request>& requests = contrast.requests();
  std::vector<bool> failed(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) failed[i] = requests[i].error;
  const Having having = contrast.count(failed);
  const double slow = contrast.slow_share(having), rest = contrast.rest_share(having);
  if (having.observations.slow < kLeastSlow || !is_large(slow, rest)) return;
  if (contrast.chance(having) > most_chance) return;
  Finding finding;
  finding.kind = FindingKind::kError;
  finding.name = "error";
  finding.slow_share = slow;
  finding.rest_share = rest;
  finding.weight = kErrorWeight * (slow - rest);
  finding.words = share_words(having, contrast, {"fail", "", "do"});
  for (size_t i = 0; i < requests.size(); ++i)
    if (failed[i]) finding.having.push_back(i);
  finding.request = contrast.slowest_of(finding.having);
  findings.push_back(std::move(finding));
}

}  // namespace

bool is_large(double slow_share, double rest_share) {
  const double difference = slow_share - rest_share;
  return difference >= 0.3 || (difference >= 0.1 && slow_share >= 3 * rest_share);
}

std::vector<Finding> differing_facts(const Sample& sample, const Contrast& contrast) {
  const std::vector<Having> counts = contrast.count_facts(sample.facts().size());
  // What could be found at all, whoever is slow. Errors are one more.
  const auto tested = 1 + std::count_if(counts.begin(), counts.end(), [&](const Having& having) {
                        const uint64_t with = having.observations.slow + having.observations.rest;
                        return with >= kLeastSlow;
                      });
  const double most_chance = kChance / static_cast<double>(tested);
  std::vector<Finding> findings;
  for (uint32_t number = 0; number < counts.size(); ++number) {
    const Having& having = counts[number];
    const double slow = contrast.slow_share(having), rest = contrast.rest_share(having);
    if (having.observations.slow < kLeastSlow || !is_large(slow, rest)) continue;
    if (contrast.chance(having) > most_chance) continue;
    const Fact& fact = sample.facts()[number];
    const bool is_span = fact.kind == Fact::Kind::kSpan;
    Finding finding;
    finding.kind = is_span ? FindingKind::kSpan : FindingKind::kAttribute;
    finding.name = fact.name;
    finding.value = fact.value;
    finding.slow_share = slow;
    finding.rest_share = rest;
    finding.weight = (is_span ? kSpanWeight : kAttributeWeight) * (slow - rest);
    finding.words = share_words(having, contrast, words_of(fact));
    look_at_requests(sample, contrast, number, finding);
    findings.push_back(std::move(finding));
  }
  find_errors(contrast, most_chance, findings);
  return findings;
}

}  // namespace seamtrace::collector::bottlenecks
