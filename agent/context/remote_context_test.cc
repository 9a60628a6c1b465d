// Contexts that come from elsewhere: the environment, repeated callers, forwarded headers.
#include <gtest/gtest.h>

#include <string>

#include "agent/context/context.h"
#include "agent/testing/http_fixture.h"

namespace seamtrace::agent {
namespace {

using testing::Decision;
using wire::Association;
using wire::Counter;

std::string traceparent(const std::string& trace, const char* span = "b7ad6b7169203331") {
  return "00-" + std::string(32 - trace.size(), '0') + trace + "-" + span + "-01";
}

class RemoteContextTest : public testing::HttpFixture {
 protected:
  static void set_environment_parent(const std::string& value) {
    ASSERT_LT(value.size(), sizeof settings.environment_traceparent);
    strcpy(settings.environment_traceparent, value.c_str());
  }
  static Decision serve_caller(int fd, const std::string& context) {
    return serve(fd, "traceparent: " + context + "\r\n");
  }
};

TEST_F(RemoteContextTest, ARequestContinuesItsCallersTrace) {
  const Decision request = serve_caller(701, traceparent("c1"));
  EXPECT_TRUE(same_trace(request.identity, codecs::parse_traceparent(traceparent("c1"))));
  answer(701);
  const testing::Record record = only_record();
  EXPECT_EQ(record.association(), Association::kRemote);
  EXPECT_EQ(memcmp(record.fixed.parent_span_id, request.remote.span_id, 8), 0);
}

TEST_F(RemoteContextTest, TheEnvironmentIsTheParentOfABatchJobsCalls) {
  set_environment_parent(traceparent("e1"));
  const Decision first = call(710);
  response(710);
  EXPECT_TRUE(same_trace(first.identity, codecs::parse_traceparent(traceparent("e1"))));
  EXPECT_TRUE(same_trace(call(710).identity, first.identity));
  EXPECT_EQ(only_record().association(), Association::kEnvironment);
}

TEST_F(RemoteContextTest, TheEnvironmentIsNotTheParentOfServedRequests) {
  set_environment_parent(traceparent("e2"));
  const Decision request = serve(701);
  EXPECT_FALSE(same_trace(request.identity, codecs::parse_traceparent(traceparent("e2"))));
  answer(701);
  EXPECT_EQ(only_record().association(), Association::kRoot);
}

TEST_F(RemoteContextTest, TheEnvironmentIsNobodysParentOnceTheProcessHasServed) {
  set_environment_parent(traceparent("e3"));
  serve(701);
  answer(701);
  EXPECT_FALSE(same_trace(call(710).identity, codecs::parse_traceparent(traceparent("e3"))));
}

TEST_F(RemoteContextTest, AMalformedEnvironmentIsIgnored) {
  set_environment_parent("00-00000000000000000000000000000000-b7ad6b7169203331-01");
  const context::Parent parent = context::find_parent({});
  EXPECT_FALSE(parent.identity.valid);
  EXPECT_EQ(parent.association, Association::kRoot);
}

TEST_F(RemoteContextTest, TheEnvironmentsTraceDoesNotGrowWithoutBound) {
  set_environment_parent(traceparent("e4"));
  int uses = 0;
  for (int i = 0; i < 2000; ++i) uses += context::find_parent({}).identity.valid;
  EXPECT_EQ(uses, 1024);
}

TEST_F(RemoteContextTest, ACallThatHadAParentDoesNotFallBackOnTheEnvironment) {
  context::iteration_started();
  serve(701);
  serve(702);
  process_state.has_served.store(false);
  set_environment_parent(traceparent("e5"));
  EXPECT_FALSE(context::find_parent({}).identity.valid);  // ambiguous, not rootless
}

TEST_F(RemoteContextTest, ACallersContextIsContinuedAHundredTimesAndThenLinked) {
  const std::string repeated = traceparent("0a0a");
  const codecs::TraceContext caller = codecs::parse_traceparent(repeated);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(same_trace(serve_caller(701, repeated).identity, caller)) << i;
    answer(701);
  }
  EXPECT_FALSE(same_trace(serve_caller(701, repeated).identity, caller));
  answer(701);
  const std::vector<testing::Record> all = records();
  ASSERT_EQ(all.size(), 101u);
  const wire::ExchangeRecord& last = all.back().fixed;
  EXPECT_EQ(all.back().association(), Association::kRoot);
  EXPECT_NE(last.flags & wire::kFlagTraceRestarted, 0);
  EXPECT_EQ(last.flags & wire::kFlagParentRemote, 0);
  EXPECT_EQ(memcmp(last.link_trace_id, caller.trace_id, 16), 0);
  EXPECT_EQ(memcmp(last.link_span_id, caller.span_id, 8), 0);
  EXPECT_EQ(all[99].fixed.flags & wire::kFlagTraceRestarted, 0);
  EXPECT_EQ(ring_writer::counter_value(Counter::traces_restarted), 1u);
}

TEST_F(RemoteContextTest, AnotherSpanOfTheSameTraceIsNotARepetition) {
  for (int i = 0; i < 300; ++i) {
    char span[17];
    snprintf(span, sizeof span, "%016x", i + 1);
    const std::string context = traceparent("0b0b", span);
    ASSERT_FALSE(context::is_overused(codecs::parse_traceparent(context)));
  }
}

TEST_F(RemoteContextTest, AForwardedContextNamesItsRequest) {
  const Decision request = serve_caller(701, traceparent("f1"));
  serve_caller(702, traceparent("f2"));
  const Decision forwarded = call(710, "traceparent: " + traceparent("f1") + "\r\n");
  EXPECT_TRUE(is_child_of(forwarded, request));
  response(710);
  const testing::Record record = only_record();
  EXPECT_NE(record.fixed.flags & wire::kFlagForwardedContext, 0);
  EXPECT_EQ(memcmp(record.fixed.parent_span_id, request.identity.span_id, 8), 0);
  // On the wire the parent is our span, and the length has not changed.
  char own[56] = {};
  codecs::format_traceparent(forwarded.identity, own);
  EXPECT_EQ(wire_, "GET /out HTTP/1.1\r\nHost: there\r\ntraceparent: " + std::string(own, 55) +
                       "\r\n\r\n");
}

TEST_F(RemoteContextTest, AForwardedContextThatTwoRequestsCarriedNamesNone) {
  const codecs::TraceContext seen = codecs::parse_traceparent(traceparent("f3"));
  serve_caller(701, traceparent("f3"));
  EXPECT_TRUE(context::find_forwarded(seen).identity.valid);
  serve_caller(702, traceparent("f3"));
  EXPECT_FALSE(context::find_forwarded(seen).identity.valid);
  answer(701);
  EXPECT_TRUE(context::find_forwarded(seen).identity.valid);
  answer(702);
  EXPECT_FALSE(context::find_forwarded(seen).identity.valid);
}

TEST_F(RemoteContextTest, TheSameTraceFromAnotherSpanIsNotAForwardedContext) {
  serve_caller(701, traceparent("f4"));
  EXPECT_FALSE(
      context::find_forwarded(codecs::parse_traceparent(traceparent("f4", "b7ad6b7169203332")))
          .identity.valid);
}

TEST_F(RemoteContextTest, AForeignContextOfTheProgramsOwnIsAdopted) {
  serve_caller(701, traceparent("f5"));
  const Decision adopted = call(710, "traceparent: " + traceparent("f6") + "\r\n");
  EXPECT_TRUE(same_trace(adopted.identity, codecs::parse_traceparent(traceparent("f6"))));
  response(710);
  EXPECT_EQ(only_record().association(), Association::kAdopted);
  EXPECT_NE(wire_.find(traceparent("f6")), std::string::npos);
}

TEST_F(RemoteContextTest, TracestateAndBaggageGoOnToTheRequestsCalls) {
  serve(701, "traceparent: " + traceparent("f7") +
                 "\r\ntracestate: vendor=1,other=2\r\nbaggage: user=7\r\n");
  call(710);
  EXPECT_NE(wire_.find("tracestate: vendor=1,other=2\r\n"), std::string::npos) << wire_;
  EXPECT_NE(wire_.find("baggage: user=7\r\n"), std::string::npos) << wire_;
}

TEST_F(RemoteContextTest, ATracestateOfABadTraceparentIsDropped) {
  serve(701, "traceparent: 00-nonsense\r\ntracestate: vendor=1\r\n");
  call(710);
  EXPECT_EQ(wire_.find("tracestate"), std::string::npos) << wire_;
  EXPECT_EQ(ring_writer::counter_value(Counter::context_invalid), 1u);
}

}  // namespace
}  // namespace seamtrace::agent
