#include <algorithm>

#include "cli/command_line.h"

namespace seamtrace::cli {

namespace {

/// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> distance(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) distance[i][0] = i;
  for (size_t k = 0; k <= b.size(); ++k) distance[0][k] = k;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t k = 1; k <= b.size(); ++k) {
      const size_t replaced = distance[i - 1][k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1);
      distance[i][k] = std::min({distance[i - 1][k] + 1, distance[i][k - 1] + 1, replaced});
      if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
        distance[i][k] = std::min(distance[i][k], distance[i - 2][k - 2] + 1);
    }
  }
  return distance[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  constexpr size_t kLongest = 64;
  if (word.size() > kLongest) return {};
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& each : known) {
    const bool is_beginning = word.size() >= 3 && each.starts_with(word);
    const size_t distance = is_beginning ? 1 : edit_distance(word, each);
    if (distance >= best_distance) continue;
    best = each;
    best_distance = distance;
  }
  return best;
}

}  // namespace seamtrace::cli
