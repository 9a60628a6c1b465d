// Whose child is it: the rules of layer 2, and the event loop's boundary.
#include "agent/context/context.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "agent/testing/http_fixture.h"

namespace seamtrace::agent {
namespace {

using wire::Association;
using wire::Counter;

constexpr char kCaller[] =
    "traceparent: 00-0af7651916cd43dd8448eb211c803a02-b7ad6b7169203331-01\r\n";

class ContextTest : public testing::HttpFixture {
 protected:
  /// Runs f on another thread, to its end.
  template <typename F>
  static void on_another_thread(F f) {
    std::thread(f).join();
  }
  static uint64_t ambiguous() { return ring_writer::counter_value(Counter::context_ambiguous); }
};

TEST_F(ContextTest, ACallIsTheChildOfTheRequestLastRead) {
  serve(701);
  const testing::Decision second = serve(702);
  EXPECT_TRUE(is_child_of(call(710), second));
}

TEST_F(ContextTest, WithoutARequestACallBeginsATrace) {
  EXPECT_TRUE(is_root(call(710)));
  response(710);
  EXPECT_EQ(only_record().association(), Association::kRoot);
}

TEST_F(ContextTest, ARequestOfAnotherThreadIsNotOurs) {
  on_another_thread([] { serve(701); });
  EXPECT_TRUE(no_current());
  EXPECT_TRUE(is_root(call(710)));
}

TEST_F(ContextTest, AnAnsweredRequestIsNobodysParent) {
  serve(701);
  answer(701);
  EXPECT_TRUE(no_current());
  EXPECT_TRUE(is_root(call(710)));
}

TEST_F(ContextTest, ARequestAnsweredByAnotherThreadIsNobodysParentEither) {
  serve(701);
  on_another_thread([] { answer(701); });
  EXPECT_TRUE(is_root(call(710)));
}

TEST_F(ContextTest, ARequestIsAParentUntilItsResponseIsWhole) {
  const testing::Decision request = serve(701);
  write_response(701, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
  EXPECT_TRUE(is_child_of(call(710), request));
  write_response(701, "b");
  EXPECT_TRUE(is_root(call(711)));
}

TEST_F(ContextTest, AConnectionsOpenerOwnsItsFirstRequest) {
  const testing::Decision opener = serve(701);
  open_connection(710, wire::Role::kClient);
  open_connection(711, wire::Role::kClient);
  EXPECT_TRUE(is_child_of(call(710), opener));
  // A worker of whom nothing is known may have taken the connection from a pool.
  on_another_thread([] { EXPECT_TRUE(is_root(call(711))); });
}

TEST_F(ContextTest, AConnectionOpenedUnderAnotherRequestThanItsFirstUserLendsNothing) {
  serve(701);
  open_connection(710, wire::Role::kClient);
  open_connection(711, wire::Role::kClient);
  serve(702);
  const uint64_t before = ambiguous();
  EXPECT_TRUE(is_root(call(710)));
  on_another_thread([] {
    serve(703);
    EXPECT_TRUE(is_root(call(711)));
  });
  EXPECT_EQ(ambiguous(), before + 2);
}

TEST_F(ContextTest, AnOpenerThatHasBeenAnsweredOwnsNothing) {
  serve(701);
  open_connection(710, wire::Role::kClient);
  answer(701);
  const testing::Decision second = serve(702);
  EXPECT_TRUE(is_child_of(call(710), second));
}

TEST_F(ContextTest, InAnEventLoopALateFirstRequestHasItsOpenerOrNone) {
  context::iteration_started();
  const testing::Decision opener = serve(701);
  open_connection(710, wire::Role::kClient);
  open_connection(711, wire::Role::kClient);
  context::iteration_started();
  EXPECT_TRUE(is_child_of(call(710), opener));
  answer(701);
  context::iteration_started();
  serve(702);
  EXPECT_TRUE(is_root(call(711)));
}

TEST_F(ContextTest, AReusedConnectionLendsNothing) {
  const testing::Decision first = serve(701);
  EXPECT_TRUE(is_child_of(call(710), first));
  response(710);
  answer(701);
  EXPECT_TRUE(is_root(call(710)));
  response(710);
  const testing::Decision second = serve(702);
  EXPECT_TRUE(is_child_of(call(710), second));
}

TEST_F(ContextTest, AReusedConnectionLendsNothingWhileItsOpenerIsStillUnanswered) {
  serve(701);
  call(710);
  response(710);
  const testing::Decision second = serve(702);
  EXPECT_TRUE(is_child_of(call(710), second));
}

TEST_F(ContextTest, AResponseBringsBackTheRequestThatSentIt) {
  const testing::Decision first = serve(701);
  call(710);
  serve(702);
  response(710);
  EXPECT_TRUE(is_current(first));
}

TEST_F(ContextTest, AResponseBringsItsSenderToTheThreadThatReadsIt) {
  const testing::Decision first = serve(701);
  call(710);
  on_another_thread([&] {
    response(710);
    EXPECT_TRUE(is_current(first));
  });
}

TEST_F(ContextTest, AResponseForAnAnsweredRequestBringsNothing) {
  serve(701);
  call(710);
  answer(701);
  response(710);
  EXPECT_TRUE(no_current());
}

TEST_F(ContextTest, AnIterationOfAnEventLoopBeginsWithNoContext) {
  context::iteration_started();
  const testing::Decision request = serve(701);
  EXPECT_TRUE(is_child_of(call(710), request));
  context::iteration_started();
  EXPECT_TRUE(no_current());
  EXPECT_TRUE(is_root(call(711)));
}

TEST_F(ContextTest, InAnEventLoopAResponseReadGivesTheNextStepItsParent) {
  context::iteration_started();
  const testing::Decision request = serve(701);
  call(710);
  context::iteration_started();
  response(710);
  EXPECT_TRUE(is_child_of(call(710), request));
}

TEST_F(ContextTest, TwoUnansweredRequestsInAnEventLoopGiveNoParent) {
  context::iteration_started();
  serve(701);
  serve(702);
  const uint64_t before = ambiguous();
  EXPECT_TRUE(is_root(call(710)));
  EXPECT_EQ(ambiguous(), before + 1);
}

TEST_F(ContextTest, AnUnansweredRequestOfAnotherThreadsLoopGivesNoParentEither) {
  on_another_thread([] {
    context::iteration_started();
    serve(701);
  });
  context::iteration_started();
  serve(702);
  EXPECT_TRUE(is_root(call(710)));
}

TEST_F(ContextTest, OnceTheOthersAreAnsweredTheNextIterationIsCertainAgain) {
  context::iteration_started();
  const testing::Decision first = serve(701);
  call(710);
  serve(702);
  answer(702);
  EXPECT_TRUE(no_current());  // this iteration may still be about either
  context::iteration_started();
  response(710);
  EXPECT_TRUE(is_child_of(call(710), first));
}

TEST_F(ContextTest, PipelinedRequestsOfOneConnectionGiveNoParent) {
  context::iteration_started();
  open_connection(701, wire::Role::kServer);
  read_bytes(701, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(no_current());
  EXPECT_TRUE(is_root(call(710)));
}

TEST_F(ContextTest, AReverseProxysCallForTheSameTargetIsInferred) {
  settings.forwards_targets = true;
  context::iteration_started();
  serve(701, "", "/first");
  const testing::Decision second = serve(702, "", "/api/second?x=1");
  EXPECT_TRUE(is_child_of(call(710, "", "/backend/second?x=1"), second));
  response(710);
  EXPECT_EQ(only_record().association(), Association::kInferred);
  EXPECT_TRUE(is_root(call(711, "", "/third")));
}

TEST_F(ContextTest, OnlyReverseProxiesAreInferred) {
  context::iteration_started();
  serve(701, "", "/first");
  serve(702, "", "/second");
  EXPECT_TRUE(is_root(call(710, "", "/second")));
}

TEST_F(ContextTest, AnAmbiguousOpenerIsInferredOnlyForItsOwnTarget) {
  settings.forwards_targets = true;
  context::iteration_started();
  serve(701, "", "/first");
  const testing::Decision second = serve(702, "", "/second");
  open_connection(710, wire::Role::kClient);
  open_connection(711, wire::Role::kClient);
  context::iteration_started();
  EXPECT_TRUE(is_child_of(call(710, "", "/second"), second));
  EXPECT_TRUE(is_root(call(711, "", "/first")));
}

TEST_F(ContextTest, AThreadStartedForARequestInheritsItUntilItFirstWaits) {
  const testing::Decision request = serve(701);
  const ContextReference creator = context::current();
  on_another_thread([&] {
    context::thread_started(creator);
    EXPECT_TRUE(is_child_of(call(710), request));
    int queue = 0;
    context::wait_begins(&queue);
    EXPECT_TRUE(no_current());
    EXPECT_TRUE(is_root(call(711)));
  });
  EXPECT_TRUE(is_current(request));  // the creator keeps it
}

TEST_F(ContextTest, AnInheritedRequestThatIsAnsweredIsNobodysParent) {
  serve(701);
  const ContextReference creator = context::current();
  answer(701);
  on_another_thread([&] {
    context::thread_started(creator);
    EXPECT_TRUE(is_root(call(710)));
  });
}

TEST_F(ContextTest, WaitingWhereTheThreadWaitedIdleLaysTheRequestDown) {
  int work = 0, result = 0;
  context::wait_begins(&work);
  const testing::Decision request = serve(701);
  context::wait_begins(&result);  // for something that this request needs
  EXPECT_TRUE(is_current(request));
  context::wait_begins(&work);
  EXPECT_TRUE(no_current());
}

TEST_F(ContextTest, AWaitWithATimeLimitEndsOnlyAnInheritedContext) {
  int work = 0;
  context::wait_begins(&work);
  const testing::Decision request = serve(701);
  context::timed_wait_begins();
  EXPECT_TRUE(is_current(request));
  const ContextReference creator = context::current();
  on_another_thread([&] {
    context::thread_started(creator);
    context::timed_wait_begins();
    EXPECT_TRUE(no_current());
  });
}

TEST_F(ContextTest, AReferenceIsReadWholeOrNotAtAll) {
  const testing::Decision request = serve(701);
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done.load(std::memory_order_relaxed)) {
      const context::Parent parent = context::parent_from(request.own);
      if (!parent.identity.valid) continue;
      EXPECT_EQ(memcmp(&parent.identity.trace_id, &request.identity.trace_id, 16), 0);
      EXPECT_EQ(memcmp(&parent.identity.span_id, &request.identity.span_id, 8), 0);
    }
  });
  // The exchange's memory is used again and again, with other ids in it.
  for (int i = 0; i < 20'000; ++i) {
    answer(701);
    serve(701, kCaller);
  }
  done.store(true, std::memory_order_relaxed);
  reader.join();
  EXPECT_FALSE(context::is_live(request.own));
  EXPECT_FALSE(context::parent_from(request.own).identity.valid);
}

}  // namespace
}  // namespace seamtrace::agent
