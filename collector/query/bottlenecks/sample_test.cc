#include "collector/query/bottlenecks/sample.h"

#include <gtest/gtest.h>

#include "collector/query/bottlenecks/contrast.h"
#include "collector/query/testing/trace_maker.h"

namespace seamtrace::collector::bottlenecks {
namespace {

using collector::testing::TraceMaker;

bool add(Sample& sample, TraceMaker& trace) {
  const SpanList list = trace.take();
  return sample.add(trace.trace_id(), list.spans);
}

TEST(Sample, WhatAServiceBeginsByItselfCountsOnlyWhereItAnswersNobody) {
  TraceMaker begun(1), answered(2), begun_again(3);
  for (TraceMaker* trace : {&begun, &begun_again}) {
    trace->add("shop", "clean up", SpanKind::kInternal, 0, 100);
    trace->add("shop", "step", SpanKind::kInternal, 0, 50, 1);
  }
  answered.add("shop", "GET /", SpanKind::kServer, 0, 10);
  Sample sample({"shop", ""});
  EXPECT_TRUE(add(sample, begun));
  EXPECT_EQ(sample.requests().size(), 1u);
  EXPECT_TRUE(add(sample, answered));
  EXPECT_FALSE(add(sample, begun_again));
  ASSERT_EQ(sample.requests().size(), 1u);
  EXPECT_EQ(sample.requests()[0].duration_ns, 10 * collector::testing::kMillisecond);
  EXPECT_EQ(sample.traces()[sample.requests()[0].trace], answered.trace_id());
}

TEST(Sample, AnOperationMayBeOfAnyKind) {
  TraceMaker trace(1);
  trace.add("shop", "GET /", SpanKind::kServer, 0, 100);
  trace.add("shop", "render", SpanKind::kInternal, 0, 50, 1);
  Sample sample({"shop", "render"});
  EXPECT_TRUE(add(sample, trace));
  ASSERT_EQ(sample.requests().size(), 1u);
  EXPECT_EQ(sample.requests()[0].duration_ns, 50 * collector::testing::kMillisecond);
}

TEST(Sample, OneTraceGivesABoundedNumberOfRequests) {
  TraceMaker trace(1);
  trace.add("web", "batch", SpanKind::kInternal, 0, 1000);
  for (int i = 0; i < 200; ++i) trace.add("shop", "GET /", SpanKind::kServer, i, 1, 1);
  Sample sample({"shop", ""});
  EXPECT_TRUE(add(sample, trace));
  EXPECT_EQ(sample.requests().size(), Sample::kMostRequestsOfTrace);
}

TEST(Sample, OtherServicesAndOperationsAreNotRequests) {
  TraceMaker trace(1);
  trace.add("web", "GET /", SpanKind::kServer, 0, 100);
  Sample of_shop({"shop", ""}), of_list({"web", "GET /list"});
  const SpanList list = trace.take();
  EXPECT_FALSE(of_shop.add(trace.trace_id(), list.spans));
  EXPECT_FALSE(of_list.add(trace.trace_id(), list.spans));
  EXPECT_FALSE(of_shop.add(trace.trace_id(), {}));
}

TEST(Contrast, ATracesRequestsAreOneObservationByTheirMean) {
  std::vector<Request> requests(60);
  std::vector<bool> slow(60);
  std::vector<double> alike(60, 10), larger(60, 10);
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i].trace = static_cast<uint32_t>(i / 6);
    slow[i] = i % 6 != 0;  // five slow ones in each trace, and one that is not
    if (slow[i]) larger[i] = 20;
  }
  const Contrast contrast(requests, slow);
  EXPECT_EQ(contrast.request_count().slow, 50u);
  EXPECT_EQ(contrast.observation_count().slow, 10u);
  EXPECT_EQ(contrast.observation_count().rest, 10u);
  EXPECT_EQ(contrast.compare(alike).chance, 1);
  EXPECT_DOUBLE_EQ(contrast.compare(larger).mean_slow, 20);
  EXPECT_DOUBLE_EQ(contrast.compare(larger).mean_rest, 10);
  EXPECT_LT(contrast.compare(larger).chance, 0.001);
}

}  // namespace
}  // namespace seamtrace::collector::bottlenecks
