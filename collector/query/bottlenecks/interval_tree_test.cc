#include "collector/query/bottlenecks/interval_tree.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>
#include <set>

namespace seamtrace::collector::bottlenecks {
namespace {

using Times = std::vector<uint64_t>;

std::vector<uint64_t> rounded(const std::vector<double>& times) {
  std::vector<uint64_t> whole;
  whole.reserve(times.size());
  for (const double time : times) whole.push_back(static_cast<uint64_t>(std::llround(time)));
  return whole;
}

/// Parents before children, each within its parent.
std::vector<Interval> random_tree(uint64_t seed) {
  std::mt19937_64 engine(seed);
  const auto draw = [&](uint64_t from, uint64_t to) {
    return std::uniform_int_distribution<uint64_t>(from, to)(engine);
  };
  std::vector<Interval> tree{{0, 0, draw(1, 60)}};
  const uint64_t count = draw(0, 12);
  for (uint32_t i = 1; i <= count; ++i) {
    const auto parent = static_cast<uint32_t>(draw(0, i - 1));
    const uint64_t from = draw(tree[parent].from, tree[parent].to);
    tree.push_back({parent, from, draw(from, tree[parent].to)});
  }
  return tree;
}

/// What share_out does, one unit of time after the other.
std::vector<double> share_out_slowly(const std::vector<Interval>& tree) {
  std::vector<double> times(tree.size());
  for (uint64_t t = tree[0].from; t < tree[0].to; ++t) {
    std::set<size_t> open;
    for (size_t i = 0; i < tree.size(); ++i)
      if (tree[i].from <= t && t < tree[i].to) open.insert(i);
    std::set<size_t> sharing = open;
    for (const size_t i : open)
      if (i != 0) sharing.erase(tree[i].parent);
    for (const size_t i : sharing) times[i] += 1.0 / static_cast<double>(sharing.size());
  }
  return times;
}

TEST(IntervalTree, TimeBelongsToWhoHasNoOpenChild) {
  // |=====================| 0-100
  //    |--------|             10-50
  //      |---|                20-30
  EXPECT_EQ(rounded(share_out({{0, 0, 100}, {0, 10, 50}, {1, 20, 30}})), (Times{60, 30, 10}));
}

TEST(IntervalTree, ChildrenAtTheSameTimeShareIt) {
  EXPECT_EQ(rounded(share_out({{0, 0, 100}, {0, 0, 100}, {0, 50, 100}})), (Times{0, 75, 25}));
}

TEST(IntervalTree, AnIntervalWithoutLengthHasNoTime) {
  EXPECT_EQ(rounded(share_out({{0, 5, 5}})), (Times{0}));
  EXPECT_EQ(rounded(share_out({{0, 0, 10}, {0, 4, 4}, {1, 4, 4}})), (Times{10, 0, 0}));
  EXPECT_EQ(critical_times({{0, 0, 10}, {0, 4, 4}}), (Times{10, 0}));
  EXPECT_TRUE(share_out({}).empty());
  EXPECT_TRUE(critical_times({}).empty());
}

TEST(IntervalTree, SharesAreThoseOfASlowCountAndAddUp) {
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    const std::vector<Interval> tree = random_tree(seed);
    const std::vector<double> times = share_out(tree), expected = share_out_slowly(tree);
    ASSERT_EQ(times.size(), tree.size());
    for (size_t i = 0; i < tree.size(); ++i) ASSERT_NEAR(times[i], expected[i], 1e-9) << seed;
    ASSERT_NEAR(std::accumulate(times.begin(), times.end(), 0.0),
                static_cast<double>(tree[0].to - tree[0].from), 1e-9);
  }
}

TEST(IntervalTree, TheCriticalPathFollowsTheChildThatEndedLast) {
  // |==========================| 0-100
  //   |------------|               10-60    not waited for: the other one ended later
  //   |------------------|         10-90
  //          |------|              40-70    of the second
  EXPECT_EQ(critical_times({{0, 0, 100}, {0, 10, 60}, {0, 10, 90}, {2, 40, 70}}),
            (Times{20, 0, 50, 30}));
}

TEST(IntervalTree, TheCriticalPathGoesThroughChildrenOneAfterTheOther) {
  EXPECT_EQ(critical_times({{0, 0, 100}, {0, 0, 40}, {0, 40, 90}}), (Times{10, 40, 50}));
}

TEST(IntervalTree, WhatIsOffTheCriticalPathHasNoCriticalDescendants) {
  EXPECT_EQ(critical_times({{0, 0, 100}, {0, 0, 60}, {0, 0, 100}, {1, 10, 50}}),
            (Times{0, 0, 100, 0}));
}

TEST(IntervalTree, CriticalTimesAddUp) {
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    const std::vector<Interval> tree = random_tree(seed);
    const std::vector<uint64_t> times = critical_times(tree);
    ASSERT_EQ(std::accumulate(times.begin(), times.end(), uint64_t{0}), tree[0].to - tree[0].from)
        << seed;
    for (size_t i = 0; i < tree.size(); ++i) ASSERT_LE(times[i], tree[i].to - tree[i].from);
  }
}

}  // namespace
}  // namespace seamtrace::collector::bottlenecks
