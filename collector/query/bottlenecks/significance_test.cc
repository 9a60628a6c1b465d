#include "collector/query/bottlenecks/significance.h"

#include <gtest/gtest.h>

#include <random>

namespace seamtrace::collector::bottlenecks {
namespace {

TEST(Significance, FishersLadyTastingTea) {
  EXPECT_NEAR(chance_of_share(4, 4, 0, 4), 1.0 / 70, 1e-12);
  EXPECT_NEAR(chance_of_share(3, 4, 1, 4), 17.0 / 70, 1e-12);
  EXPECT_NEAR(chance_of_share(0, 4, 4, 4), 1, 1e-12);
}

TEST(Significance, SharesThatAreAlikeAreChance) {
  EXPECT_GT(chance_of_share(4, 40, 36, 360), 0.5);
  EXPECT_LT(chance_of_share(36, 40, 36, 360), 1e-20);
  EXPECT_EQ(chance_of_share(0, 0, 0, 0), 1);
}

TEST(Significance, RanksOfMannAndWhitney) {
  // U = 16 of 16: z = 7.5 / sqrt(12).
  EXPECT_NEAR(chance_of_larger({5, 6, 7, 8}, {1, 2, 3, 4}), 0.015193, 1e-5);
  EXPECT_NEAR(chance_of_larger({1, 2, 3, 4}, {5, 6, 7, 8}), 0.993, 0.001);
}

TEST(Significance, NothingToCompareIsChance) {
  EXPECT_EQ(chance_of_larger({}, {1}), 1);
  EXPECT_EQ(chance_of_larger({1}, {}), 1);
  EXPECT_EQ(chance_of_larger({2, 2, 2}, {2, 2}), 1);
}

TEST(Significance, ValuesDrawnAlikeAreSeldomFoundLarger) {
  std::mt19937_64 engine(1);
  std::exponential_distribution<> draw(1);
  constexpr int kTimes = 4000;
  int below_one_percent = 0;
  for (int i = 0; i < kTimes; ++i) {
    std::vector<double> some, others;
    for (int k = 0; k < 20; ++k) some.push_back(draw(engine));
    for (int k = 0; k < 180; ++k) others.push_back(draw(engine));
    below_one_percent += chance_of_larger(some, others) < 0.01 ? 1 : 0;
  }
  EXPECT_GT(below_one_percent, kTimes / 400);
  EXPECT_LT(below_one_percent, kTimes / 50);
}

}  // namespace
}  // namespace seamtrace::collector::bottlenecks
