#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "collector/query/bottlenecks/differences.h"
#include "collector/query/bottlenecks/significance.h"
#include "collector/query/bottlenecks/words.h"

namespace seamtrace::collector::bottlenecks {
namespace {

/// Fewer different values are compared one by one, as facts.
constexpr size_t kLeastValues = 8;

struct Measured {
  double value;
  size_t request;
};

struct Limit {
  double value = 0;
  double difference = 0;  ///< of the shares on its far side
  bool upwards = true;
};

std::string number_text(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

/// The value that parts slow from fast best: `measured` sorted so that the side looked for comes
/// first.
Limit best_limit(const std::vector<Measured>& measured, const Contrast& contrast, bool upwards) {
  Limit best;
  best.upwards = upwards;
  uint64_t slow = 0, rest = 0;
  for (size_t i = 0; i < measured.size(); ++i) {
    ++(contrast.is_slow(measured[i].request) ? slow : rest);
    if (i + 1 < measured.size() && measured[i + 1].value == measured[i].value) continue;
    const double difference =
        static_cast<double>(slow) / static_cast<double>(contrast.request_count().slow) -
        static_cast<double>(rest) / static_cast<double>(contrast.request_count().rest);
    if (difference <= best.difference) continue;
    best.difference = difference;
    best.value = measured[i].value;
  }
  return best;
}

/// How probable it is that the slow ones' values differ by chance only: one mean per trace.
double chance_of(const std::vector<Measured>& measured, const Contrast& contrast, bool upwards) {
  // Those of a trace stand together, and requests are looked at in their order.
  std::vector<Measured> ordered = measured;
  std::sort(ordered.begin(), ordered.end(),
            [](const Measured& a, const Measured& b) { return a.request < b.request; });
  std::vector<double> slow, rest;
  for (size_t begin = 0, end = 0; begin < ordered.size(); begin = end) {
    std::array<double, 2> sum{}, count{};
    const uint32_t trace = contrast.requests()[ordered[begin].request].trace;
    for (; end < ordered.size() && contrast.requests()[ordered[end].request].trace == trace;
         ++end) {
      const size_t side = contrast.is_slow(ordered[end].request) ? 1 : 0;
      sum[side] += ordered[end].value;
      count[side] += 1;
    }
    if (count[1] > 0) slow.push_back(sum[1] / count[1]);
    if (count[0] > 0) rest.push_back(sum[0] / count[0]);
  }
  return upwards ? chance_of_larger(slow, rest) : chance_of_larger(rest, slow);
}

Finding make_finding(const std::string& key, const Limit& limit,
                     const std::vector<Measured>& measured, const Contrast& contrast) {
  std::vector<bool> has(contrast.requests().size());
  Finding finding;
  for (const Measured& one : measured) {
    has[one.request] = limit.upwards ? one.value >= limit.value : one.value <= limit.value;
    if (has[one.request]) finding.having.push_back(one.request);
  }
  std::sort(finding.having.begin(), finding.having.end());
  finding.request = contrast.slowest_of(finding.having);
  const Having having = contrast.count(has);
  const std::string number = number_text(limit.value);
  finding.name = key;
  finding.value = (limit.upwards ? ">=" : "<=") + number;
  finding.slow_share = contrast.slow_share(having);
  finding.rest_share = contrast.rest_share(having);
  // A little below a single value that parts them as well: the limit was chosen to fit.
  finding.weight = 1.8 * (finding.slow_share - finding.rest_share);
  finding.words = share_words(
      having, contrast,
      {"have", key + " of " + number + (limit.upwards ? " or more" : " or less"), "do"});
  return finding;
}

}  // namespace

std::vector<Finding> differing_numbers(const Sample& sample, const Contrast& contrast) {
  std::vector<std::vector<Measured>> by_key(sample.number_keys().size());
  for (size_t i = 0; i < sample.requests().size(); ++i)
    for (const Number& number : sample.requests()[i].numbers)
      if (by_key[number.key].empty() || by_key[number.key].back().request != i)
        by_key[number.key].push_back({number.value, i});

  const double most_chance = kChance / static_cast<double>(std::max<size_t>(1, 2 * by_key.size()));
  std::vector<Finding> findings;
  for (size_t key = 0; key < by_key.size(); ++key) {
    std::vector<Measured>& measured = by_key[key];
    for (const bool upwards : {true, false}) {
      std::sort(measured.begin(), measured.end(), [&](const Measured& a, const Measured& b) {
        return std::pair(upwards ? -a.value : a.value, a.request) <
               std::pair(upwards ? -b.value : b.value, b.request);
      });
      size_t values = measured.empty() ? 0 : 1;
      for (size_t i = 1; i < measured.size(); ++i)
        values += measured[i].value != measured[i - 1].value ? 1 : 0;
      if (values < kLeastValues) break;
      const Limit limit = best_limit(measured, contrast, upwards);
      if (limit.difference < 0.3 || chance_of(measured, contrast, upwards) > most_chance) continue;
      findings.push_back(make_finding(sample.number_keys()[key], limit, measured, contrast));
    }
  }
  return findings;
}

}  // namespace seamtrace::collector::bottlenecks
