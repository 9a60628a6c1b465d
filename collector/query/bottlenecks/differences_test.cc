#include "collector/query/bottlenecks/differences.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>
#include <string>

#include "collector/query/bottlenecks/testing/shop_requests.h"
#include "collector/query/testing/trace_maker.h"

namespace seamtrace::collector::bottlenecks {
namespace {

using collector::testing::TraceMaker;
using testing::Cause;
using testing::shop_sample;
using testing::ShopOptions;

constexpr uint64_t kSeeds = 10;

std::string text_of(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) text += finding.words + "\n";
  return text;
}

std::vector<Finding> find(const Sample& sample) {
  return find_differences(sample, slowest_tenth(sample.requests()));
}

uint64_t percentile_90(const Sample& sample) {
  std::vector<uint64_t> durations;
  for (const Request& request : sample.requests()) durations.push_back(request.duration_ns);
  std::sort(durations.begin(), durations.end());
  return durations[durations.size() * 89 / 100];
}

/// The planted cause is found first, whatever the dice say.
template <typename IsIt>
void expect_first(Cause cause, IsIt is_it) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Sample sample = shop_sample({cause, seed});
    const std::vector<Finding> findings = find(sample);
    ASSERT_FALSE(findings.empty()) << seed;
    EXPECT_TRUE(is_it(findings.front())) << "seed " << seed << ":\n" << text_of(findings);
    EXPECT_LE(findings.front().slow_share, 1);
    const Request& request = sample.requests()[findings.front().request];
    EXPECT_GT(request.duration_ns, percentile_90(sample)) << "the trace to look at is slow";
  }
}

TEST(Differences, AnAttributeOfSlowRequestsIsFoundFirst) {
  expect_first(Cause::kAttribute, [](const Finding& finding) {
    return finding.kind == FindingKind::kAttribute && finding.name == "user.tier" &&
           finding.value == "free" && finding.slow_share > 0.7 && finding.rest_share < 0.1;
  });
}

TEST(Differences, AnAttributeOfTheTracesFirstSpanIsFoundFirst) {
  expect_first(Cause::kRoot, [](const Finding& finding) {
    return finding.name == "app.version" && finding.value == "9" &&
           finding.words.find("first span") != std::string::npos;
  });
}

TEST(Differences, AQuantityIsFoundFirst) {
  expect_first(Cause::kQuantity, [](const Finding& finding) {
    return finding.name == "cart.items" && finding.value.starts_with(">=") &&
           finding.slow_share > 0.7 && finding.rest_share < 0.3;
  });
}

TEST(Differences, ASlowDependencyIsFoundFirst) {
  expect_first(Cause::kDependency, [](const Finding& finding) {
    return finding.kind == FindingKind::kDependency && finding.name == "postgresql shop" &&
           *finding.slow_ns > 30e6 && *finding.rest_ns < 6e6 &&
           finding.words.find("spend") != std::string::npos;
  });
}

TEST(Differences, ManyCallsAreFoundFirstAndCounted) {
  expect_first(Cause::kManyCalls, [](const Finding& finding) {
    return finding.kind == FindingKind::kDependency && finding.name == "postgresql shop" &&
           finding.words.starts_with("slow requests call postgresql shop ");
  });
}

TEST(Differences, ALockIsFoundFirstAsTheServicesOwnTime) {
  expect_first(Cause::kLock, [](const Finding& finding) {
    return finding.kind == FindingKind::kSelf && finding.name == "shop";
  });
}

TEST(Differences, WaitingForAServiceIsFoundFirst) {
  expect_first(Cause::kWaiting, [](const Finding& finding) {
    return finding.kind == FindingKind::kDependency && finding.name == "cart" &&
           finding.words.find("wait") != std::string::npos;
  });
}

TEST(Differences, ASpanThatOnlySlowRequestsHaveIsFoundFirst) {
  expect_first(Cause::kSpan, [](const Finding& finding) {
    return finding.name == "retry" && finding.rest_share < 0.05 && finding.slow_share > 0.7;
  });
}

TEST(Differences, ErrorsOfSlowRequestsAreFound) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const std::vector<Finding> findings = find(shop_sample({Cause::kError, seed}));
    EXPECT_TRUE(std::any_of(findings.begin(), findings.end(), [](const Finding& one) {
      return one.kind == FindingKind::kError;
    })) << text_of(findings);
  }
}

TEST(Differences, EachThingIsSaidOnce) {
  const std::vector<Finding> findings = find(shop_sample({Cause::kSpan, 1}));
  EXPECT_EQ(std::count_if(findings.begin(), findings.end(),
                          [](const Finding& one) { return one.name == "retry"; }),
            1)
      << text_of(findings);
}

TEST(Differences, WithoutACauseNoAttributeSpanOrErrorIsBlamed) {
  int blamed = 0;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    const std::vector<Finding> findings = find(shop_sample({Cause::kNone, seed, 200}));
    // That slow requests spend more time somewhere is true by definition.
    blamed += std::any_of(findings.begin(), findings.end(), [](const Finding& one) {
      return one.kind != FindingKind::kSelf && one.kind != FindingKind::kDependency;
    });
  }
  std::cout << "falsely blamed: " << blamed << " of 50 samples\n";
  EXPECT_LE(blamed, 3);
}

/// Of `shuffles` random labels, how many make a finding.
int false_findings(Cause cause, uint64_t shuffles) {
  const Sample sample = shop_sample({cause, 7});
  std::vector<bool> slow = slowest_tenth(sample.requests());
  std::mt19937_64 engine(1);
  int found = 0;
  for (uint64_t i = 0; i < shuffles; ++i) {
    std::shuffle(slow.begin(), slow.end(), engine);
    const std::vector<Finding> findings = find_differences(sample, slow, kAnySlowdown);
    found += findings.empty() ? 0 : 1;
  }
  return found;
}

TEST(Differences, WithShuffledLabelsHardlyAnythingIsFound) {
  constexpr int kShuffles = 200;
  for (const Cause cause : {Cause::kNone, Cause::kAttribute, Cause::kManyCalls, Cause::kWaiting}) {
    const int found = false_findings(cause, kShuffles);
    std::cout << "shuffled labels, cause " << static_cast<int>(cause) << ": " << found << " of "
              << kShuffles << " with a finding\n";
    EXPECT_LE(found, kShuffles * 4 / 100);
  }
}

TEST(Differences, AFewRequestsTellNothing) {
  EXPECT_TRUE(find(shop_sample({Cause::kAttribute, 1, 30})).empty());
  EXPECT_TRUE(find(shop_sample({Cause::kAttribute, 1, 0})).empty());
}

TEST(Differences, RequestsThatAreAllAlikeTellNothing) {
  Sample sample({"shop", ""});
  for (uint64_t i = 1; i <= 400; ++i) {
    TraceMaker trace(i);
    // A tenth of them takes a hair longer, and has an attribute of its own.
    trace.add("shop", "GET /", SpanKind::kServer, 0, i % 10 == 0 ? 101 : 100);
    trace.set("user.tier", i % 10 == 0 ? "free" : "paid");
    const SpanList list = trace.take();
    sample.add(trace.trace_id(), list.spans);
  }
  EXPECT_TRUE(find(sample).empty());
}

TEST(Differences, ManyRequestsOfFewTracesProveNoMoreThanTheTraces) {
  // Four traces of fifty slow requests each have the attribute by their root: that is four.
  Sample sample({"shop", ""});
  for (uint64_t i = 1; i <= 40; ++i) {
    TraceMaker trace(i);
    const bool slow = i <= 4;
    trace.add("web", "batch", SpanKind::kInternal, 0, 20'000);
    trace.set("batch.kind", slow ? "large" : "small");
    for (int k = 0; k < 50; ++k)
      trace.add("shop", "GET /", SpanKind::kServer, k, slow ? 300 : 100 + i % 7, 1);
    const SpanList list = trace.take();
    sample.add(trace.trace_id(), list.spans);
  }
  ASSERT_EQ(sample.requests().size(), 2000u);
  EXPECT_EQ(text_of(find(sample)), "");
}

TEST(Differences, AlikeRequestsOfOneTraceAreCountedOnceForChance) {
  // Five of ten slow traces have the value, and 17 of the 90 others: among so many values that is
  // chance. Counted by their twenty requests each it would be none.
  Sample sample({"shop", ""});
  for (uint64_t i = 1; i <= 100; ++i) {
    TraceMaker trace(i);
    const bool slow = i <= 10;
    trace.add("web", "batch", SpanKind::kInternal, 0, 20'000);
    trace.set("batch.kind", i <= 5 || (i > 10 && i <= 27) ? "large" : "small");
    for (int k = 0; k < 20; ++k)
      trace.add("shop", "GET /", SpanKind::kServer, k, slow ? 300 : 100 + i % 7, 1);
    const SpanList list = trace.take();
    sample.add(trace.trace_id(), list.spans);
  }
  const std::vector<Finding> findings = find(sample);
  ASSERT_EQ(findings.size(), 1u) << text_of(findings);
  EXPECT_EQ(findings[0].kind, FindingKind::kSelf);
}

TEST(Differences, ValuesThatOccurOnceAndPortsOfPeersAreNoNews) {
  Sample sample({"shop", ""});
  for (uint64_t i = 1; i <= 400; ++i) {
    TraceMaker trace(i);
    const bool slow = i % 10 == 0;
    trace.add("shop", "GET /", SpanKind::kServer, 0, slow ? 200 : 100);
    trace.set("user.id", "user-" + std::to_string(i));
    trace.set("client.port", int64_t{slow ? 1 : 2});
    const SpanList list = trace.take();
    sample.add(trace.trace_id(), list.spans);
  }
  for (const Finding& finding : find(sample)) EXPECT_EQ(finding.kind, FindingKind::kSelf);
}

}  // namespace
}  // namespace seamtrace::collector::bottlenecks
