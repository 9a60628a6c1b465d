#include "collector/query/bottlenecks/significance.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace seamtrace::collector::bottlenecks {
namespace {

/// Logarithms of factorials up to `most`. (std::lgamma writes to a variable of the whole process.)
std::vector<double> log_factorials(uint64_t most) {
  std::vector<double> logs(most + 1);
  for (uint64_t i = 1; i <= most; ++i) logs[i] = logs[i - 1] + std::log(static_cast<double>(i));
  return logs;
}

}  // namespace

double chance_of_share(uint64_t with, uint64_t of, uint64_t others_with, uint64_t others) {
  const uint64_t all = of + others, all_with = with + others_with;
  const std::vector<double> log = log_factorials(all);
  const auto log_choose = [&](uint64_t n, uint64_t k) { return log[n] - log[k] - log[n - k]; };
  const double total = log_choose(all, of);
  double chance = 0;
  for (uint64_t k = with; k <= std::min(of, all_with); ++k) {
    if (all_with - k > others) continue;
    chance += std::exp(log_choose(all_with, k) + log_choose(all - all_with, of - k) - total);
  }
  return std::min(chance, 1.0);
}

double chance_of_larger(const std::vector<double>& values, const std::vector<double>& others) {
  if (values.empty() || others.empty()) return 1;
  std::vector<std::pair<double, bool>> all;
  all.reserve(values.size() + others.size());
  for (const double value : values) all.emplace_back(value, true);
  for (const double value : others) all.emplace_back(value, false);
  std::sort(all.begin(), all.end());
  const auto n = static_cast<double>(all.size());
  const auto mine = static_cast<double>(values.size()), theirs = static_cast<double>(others.size());
  double ranks = 0, ties = 0;
  for (size_t begin = 0; begin < all.size();) {
    size_t end = begin, of_mine = 0;
    for (; end < all.size() && all[end].first == all[begin].first; ++end)
      of_mine += all[end].second ? 1 : 0;
    const auto alike = static_cast<double>(end - begin);
    ranks += static_cast<double>(of_mine) * (static_cast<double>(begin + end) + 1) / 2;
    ties += alike * alike * alike - alike;
    begin = end;
  }
  const double wins = ranks - mine * (mine + 1) / 2;
  const double variance = mine * theirs / 12 * (n + 1 - ties / (n * (n - 1)));
  if (variance <= 0) return 1;
  const double distance = (wins - mine * theirs / 2 - 0.5) / std::sqrt(variance);
  return 0.5 * std::erfc(distance / std::sqrt(2.0));
}

}  // namespace seamtrace::collector::bottlenecks
