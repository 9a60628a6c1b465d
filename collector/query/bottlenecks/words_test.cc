#include "collector/query/bottlenecks/words.h"

#include <gtest/gtest.h>

namespace seamtrace::collector::bottlenecks {
namespace {

/// So many requests, the first `slow` of them slow.
struct Requests {
  Requests(size_t slow_count, size_t rest_count) : requests(slow_count + rest_count) {
    slow.resize(requests.size());
    for (size_t i = 0; i < requests.size(); ++i) {
      requests[i].trace = static_cast<uint32_t>(i);
      slow[i] = i < slow_count;
    }
  }
  std::vector<Request> requests;
  std::vector<bool> slow;
};

Having having(uint64_t slow, uint64_t rest) { return {{slow, rest}, {slow, rest}}; }

std::string tier(uint64_t slow, uint64_t rest) {
  const Requests requests(40, 360);
  return share_words(having(slow, rest), Contrast(requests.requests, requests.slow),
                     {"have", "user.tier=free", "do"});
}

std::string time(const Part& part, const TimeDifference& difference) {
  const Requests requests(40, 360);
  return time_words(part, difference, having(36, 0), Contrast(requests.requests, requests.slow));
}

TEST(Words, SharesAreSaidInTenths) {
  EXPECT_EQ(tier(36, 36), "9 of 10 slow requests have user.tier=free; 1 of 10 others do");
  EXPECT_EQ(tier(20, 72), "5 of 10 slow requests have user.tier=free; 2 of 10 others do");
}

TEST(Words, AllAndNoneAreSaidAsSuch) {
  EXPECT_EQ(tier(40, 0), "all 40 slow requests have user.tier=free; none of the others do");
  EXPECT_EQ(tier(40, 360), "all 40 slow requests have user.tier=free; all others do too");
}

TEST(Words, NearlyAllAndNearlyNoneAreNotRoundedAway) {
  EXPECT_EQ(tier(39, 1), "39 of 40 slow requests have user.tier=free; 1 of 360 others do");
  EXPECT_EQ(tier(36, 8), "9 of 10 slow requests have user.tier=free; 2 of 100 others do");
}

TEST(Words, FewAreCounted) {
  EXPECT_EQ(share_text(5, 7), "5 of 7");
  EXPECT_EQ(share_text(1, 10), "1 of 10");
}

TEST(Words, MoreCallsAreCountedAndTimed) {
  EXPECT_EQ(
      time({PartKind::kDependency, "database", "postgresql shop"}, {36e6, 2e6, 12, 1, true, false}),
      "slow requests call postgresql shop 12 times, others once: +34 ms");
  EXPECT_EQ(time({PartKind::kDependency, "internal", "render"}, {36e6, 2e6, 2.4, 0, true, false}),
            "slow requests run render 2.4 times, others never: +34 ms");
}

TEST(Words, LongerCallsAreTimed) {
  EXPECT_EQ(time({PartKind::kDependency, "cache", "redis"}, {1.5e9, 850e3, 1, 1, false, false}),
            "slow requests spend 1.5 s in redis, others 850 µs: +1.5 s");
  EXPECT_EQ(time({PartKind::kSelf, "service", "shop"}, {45e6, 3e6, 1, 1, false, false}),
            "slow requests spend 45 ms in shop itself, others 3.0 ms: +42 ms");
}

TEST(Words, WhatOnlySlowRequestsCallIsSaidAsAShare) {
  EXPECT_EQ(
      time({PartKind::kDependency, "external", "api.example.com"}, {45e6, 0, 0.9, 0, false, true}),
      "9 of 10 slow requests call api.example.com; none of the others do: +45 ms");
}

TEST(Words, WaitingNamesWhereItMayBe) {
  EXPECT_EQ(time({PartKind::kWaiting, "service", "cart"}, {30e6, 1e6, 1, 1, false, false}),
            "slow requests wait 30 ms on the way to cart and back (network, queue, accept), others "
            "1.0 ms: +29 ms");
}

TEST(Words, DurationsHaveTwoDigits) {
  EXPECT_EQ(short_duration(0), "0 ns");
  EXPECT_EQ(short_duration(999), "999 ns");
  EXPECT_EQ(short_duration(999.9), "1.0 µs");
  EXPECT_EQ(short_duration(9'960), "10 µs");
  EXPECT_EQ(short_duration(999'800'000), "1.0 s");
  EXPECT_EQ(short_duration(61e9), "61 s");
}

}  // namespace
}  // namespace seamtrace::collector::bottlenecks
