#include "collector/query/bottlenecks/request_times.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "collector/query/testing/trace_maker.h"

namespace seamtrace::collector::bottlenecks {
namespace {

using collector::testing::span_number;
using collector::testing::TraceMaker;

constexpr SpanKind kServer = SpanKind::kServer, kClient = SpanKind::kClient,
                   kInternal = SpanKind::kInternal;

/// `self shop 10 x1, waiting cart 5 x1`: milliseconds and calls by part, critical time in brackets
/// where it differs.
std::string divide(const SpanList& list, uint32_t request = 0) {
  const SpanTree tree(list.spans);
  Parts parts;
  std::string text;
  for (const PartTime& time : divide_request(tree, request, parts)) {
    const Part& part = parts[time.part];
    const auto ms = [](double ns) { return std::to_string(std::llround(ns / 1e6)); };
    constexpr const char* kKinds[] = {"self", "dependency", "waiting"};
    if (!text.empty()) text += ", ";
    text += std::string(kKinds[static_cast<size_t>(part.kind)]) + " " + part.node + " " +
            part.name + " " + ms(time.ns);
    const std::string critical = ms(static_cast<double>(time.critical_ns));
    if (critical != ms(time.ns)) text += " (" + critical + ")";
    text += " x" + std::to_string(time.calls);
  }
  return text;
}

void call_database(TraceMaker& trace, double offset, double duration, uint64_t parent) {
  trace.add("shop", "SELECT", kClient, offset, duration, parent);
  trace.set("db.system.name", "postgresql").set("db.namespace", "shop");
}

TEST(RequestTimes, ARequestWithoutChildrenIsItsOwnTime) {
  TraceMaker trace(1);
  trace.add("shop", "GET /", kServer, 0, 100);
  EXPECT_EQ(divide(trace.take()), "self service shop 100 x1");
}

TEST(RequestTimes, CallsCountByTheirPeerAlsoBelowInternalSpans) {
  TraceMaker trace(1);
  trace.add("shop", "GET /", kServer, 0, 100);
  call_database(trace, 10, 20, 1);
  trace.add("shop", "render", kInternal, 40, 50, 1);
  call_database(trace, 50, 10, 3);
  EXPECT_EQ(divide(trace.take()),
            "self service shop 30 x1, dependency database postgresql shop 30 x2, "
            "dependency internal render 40 x1");
}

TEST(RequestTimes, WaitingIsTheCallLessTheServerThatAnsweredIt) {
  TraceMaker trace(1);
  trace.add("shop", "GET /", kServer, 0, 100);
  trace.add("shop", "GET", kClient, 10, 80, 1);
  trace.add("cart", "GET /items", kServer, 40, 30, 2);
  trace.add("cart", "SELECT", kClient, 45, 10, 3);  // its own business
  EXPECT_EQ(divide(trace.take()),
            "self service shop 20 x1, waiting service cart 50 x1, dependency service cart 30 x1");
}

TEST(RequestTimes, AServerWhoseClockIsAheadIsMovedIntoTheCall) {
  TraceMaker trace(1);
  trace.add("shop", "GET /", kServer, 0, 100);
  trace.add("shop", "GET", kClient, 10, 80, 1);
  trace.add("cart", "GET /items", kServer, 5000, 30, 2);
  EXPECT_EQ(divide(trace.take()),
            "self service shop 20 x1, waiting service cart 50 x1, dependency service cart 30 x1");
}

TEST(RequestTimes, AServerThatWorksOnAfterTheCallCountsUpToItsEnd) {
  TraceMaker trace(1);
  trace.add("shop", "GET /", kServer, 0, 100);
  trace.add("shop", "GET", kClient, 10, 50, 1);
  trace.add("cart", "GET /items", kServer, 20, 400, 2);
  EXPECT_EQ(divide(trace.take()),
            "self service shop 50 x1, waiting service cart 10 x1, dependency service cart 40 x1");
}

TEST(RequestTimes, CallsAtTheSameTimeShareItAndTheLongerOneIsCritical) {
  TraceMaker trace(1);
  trace.add("shop", "GET /", kServer, 0, 100);
  call_database(trace, 0, 100, 1);
  trace.add("shop", "GET", kClient, 0, 40, 1);
  trace.set("server.address", "api.example.com").set("server.port", int64_t{443});
  EXPECT_EQ(divide(trace.take()),
            "self service shop 0 x1, dependency database postgresql shop 80 (100) x1, "
            "dependency external api.example.com 20 (0) x1");
}

TEST(RequestTimes, AChildCountsOnlyWithinItsParent) {
  TraceMaker trace(1);
  trace.add("shop", "GET /", kServer, 0, 100);
  call_database(trace, 90, 500, 1);
  call_database(trace, 300, 5, 1);
  EXPECT_EQ(divide(trace.take()),
            "self service shop 90 x1, dependency database postgresql shop 10 x2");
}

TEST(RequestTimes, WhoConsumesAMessageIsNotWaitedFor) {
  TraceMaker trace(1);
  trace.add("shop", "GET /", kServer, 0, 100);
  trace.add("shop", "send", SpanKind::kProducer, 10, 20, 1);
  trace.set("messaging.system", "kafka");
  trace.add("mail", "receive", SpanKind::kConsumer, 15, 60, 2);
  trace.add("mail", "receive", SpanKind::kConsumer, 15, 60, 1);
  EXPECT_EQ(divide(trace.take()), "self service shop 80 x1, dependency queue kafka 20 x1");
}

TEST(RequestTimes, AServerWithoutAClientSpanIsADependency) {
  TraceMaker trace(1);
  trace.add("shop", "GET /", kServer, 0, 100);
  trace.add("cart", "GET /items", kServer, 10, 30, 1);
  EXPECT_EQ(divide(trace.take()), "self service shop 70 x1, dependency service cart 30 x1");
}

TEST(RequestTimes, ACallThatSaysNothingOfItsPeerCountsByItsName) {
  TraceMaker trace(1);
  trace.add("shop", "GET /", kServer, 0, 100);
  trace.add("shop", "call somebody", kClient, 10, 30, 1);
  EXPECT_EQ(divide(trace.take()),
            "self service shop 70 x1, dependency external call somebody 30 x1");
}

TEST(RequestTimes, SpansInACircleAreCountedOnce) {
  TraceMaker trace(1);
  trace.add("shop", "a", kInternal, 0, 100).parent_span_id = span_number(2);
  trace.add("shop", "b", kInternal, 10, 50, 1);
  EXPECT_EQ(divide(trace.take()), "self service shop 50 x1, dependency internal b 50 x1");
}

TEST(RequestTimes, ASpanThatEndsBeforeItBeginsTakesNoTime) {
  TraceMaker trace(1);
  Span& span = trace.add("shop", "GET /", kServer, 10, 0);
  span.end_unix_ns = span.start_unix_ns - 5;
  EXPECT_EQ(divide(trace.take()), "self service shop 0 x1");
}

TEST(RequestTimes, TooManyNamesAreSummedUp) {
  TraceMaker trace(1);
  trace.add("shop", "GET /", kServer, 0, 2000);
  for (int i = 0; i < 2000; ++i) trace.add("shop", "step " + std::to_string(i), kInternal, i, 1, 1);
  const SpanList list = trace.take();
  const SpanTree tree(list.spans);
  Parts parts;
  double total = 0;
  for (const PartTime& time : divide_request(tree, 0, parts)) total += time.ns;
  EXPECT_NEAR(total, 2e9, 1);
  EXPECT_EQ(parts.size(), Parts::kMost);
  EXPECT_EQ(parts[Parts::kMost - 1].name, "everything else");
}

}  // namespace
}  // namespace seamtrace::collector::bottlenecks
