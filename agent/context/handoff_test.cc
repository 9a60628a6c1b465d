// An event loop hands its one request on to the thread that it wakes up.
#include "agent/context/handoff.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "agent/testing/http_fixture.h"

namespace seamtrace::agent {
namespace {

using wire::Association;

class HandoffTest : public testing::HttpFixture {
 protected:
  /// Posts like a thread in an event loop that has read `requests` requests an iteration ago.
  static void loop_posts(int requests) {
    context::iteration_started();
    for (int i = 0; i < requests; ++i) serve(701 + i);
    context::iteration_started();
    context::semaphore_posted(&semaphore_);
  }
  /// What another thread does that has waited for work.
  static void worker(const std::function<void()>& post, const std::function<void()>& work) {
    std::thread([&] {
      context::worker_started();
      context::semaphore_taken(&semaphore_);  // a waiter's own lock, as CPython makes them
      context::wait_begins(&semaphore_);
      std::thread(post).join();
      context::semaphore_wait_ended(&semaphore_);
      work();
    }).join();
  }

  alignas(64) static inline int semaphore_ = 0;
};

TEST_F(HandoffTest, TheOnlyRequestGoesAlongWithItsWork) {
  worker([] { loop_posts(1); }, [] { EXPECT_TRUE(is_child_of(call(710), newest(701))); });
  response(710);
  EXPECT_EQ(only_record().association(), Association::kInferred);
}

TEST_F(HandoffTest, OfTwoRequestsNeitherIsTaken) {
  worker([] { loop_posts(2); }, [] { EXPECT_TRUE(is_root(call(710))); });
}

TEST_F(HandoffTest, ASecondRequestBeforeTheWorkerRunsMakesItDoubtful) {
  worker(
      [] {
        loop_posts(1);
        serve(702);
      },
      [] { EXPECT_TRUE(is_root(call(710))); });
}

TEST_F(HandoffTest, ALockThatIsReleasedHandsNothingOn) {
  worker(
      [] {
        context::iteration_started();
        serve(701);
        context::iteration_started();
        context::semaphore_taken(&semaphore_);
        context::semaphore_posted(&semaphore_);
      },
      [] { EXPECT_TRUE(is_root(call(710))); });
}

TEST_F(HandoffTest, AThreadThatIsNoEventLoopHandsNothingOn) {
  worker(
      [] {
        serve(701);
        context::semaphore_posted(&semaphore_);
      },
      [] { EXPECT_TRUE(is_root(call(710))); });
}

TEST_F(HandoffTest, AnAnsweredRequestIsNotHandedOn) {
  worker(
      [] {
        loop_posts(1);
        answer(701);
      },
      [] { EXPECT_TRUE(is_root(call(710))); });
}

TEST_F(HandoffTest, TheNextWaitForWorkEndsIt) {
  worker([] { loop_posts(1); },
         [] {
           int another = 0;
           context::wait_begins(&another);
           EXPECT_TRUE(is_root(call(710)));
         });
}

TEST_F(HandoffTest, ATimedWaitIsNoWaitForWork) {
  worker([] { loop_posts(1); },
         [] {
           context::timed_wait_begins();
           EXPECT_TRUE(is_child_of(call(710), newest(701)));
         });
}

TEST_F(HandoffTest, AThreadThatTheLoopDidNotMakeIsNotItsWorker) {
  std::thread([] {
    context::semaphore_taken(&semaphore_);
    context::wait_begins(&semaphore_);  // for the result of a coroutine, for example
    std::thread([] { loop_posts(1); }).join();
    context::semaphore_wait_ended(&semaphore_);
    EXPECT_TRUE(is_root(call(710)));
  }).join();
}

TEST_F(HandoffTest, ALoopMakesWorkersWhileItServes) {
  EXPECT_FALSE(context::creates_workers());
  serve(701);
  EXPECT_FALSE(context::creates_workers()) << "not an event loop";
  context::iteration_started();
  EXPECT_TRUE(context::creates_workers());
  answer(701);
  EXPECT_FALSE(context::creates_workers());
}

TEST_F(HandoffTest, AThreadWithARequestOfItsOwnKeepsIt) {
  std::thread([] {
    context::worker_started();
    context::semaphore_taken(&semaphore_);
    const testing::Decision own = serve(720);
    std::thread([] { loop_posts(1); }).join();
    context::semaphore_wait_ended(&semaphore_);
    EXPECT_TRUE(is_child_of(call(710), own));
  }).join();
}

// A worker's second job is there before it asks for it: it takes the queue's lock, and does not
// wait.
class QueueTest : public HandoffTest {
 protected:
  /// What a loop does to put work into a queue that is guarded by a lock.
  static void put(int fd) {
    context::iteration_started();
    serve(fd);
    context::iteration_started();
    context::semaphore_taken(&lock_);
    context::semaphore_posted(&lock_);
    context::semaphore_posted(&semaphore_);
  }
  /// On the loop's own thread: it remembers what it has read.
  static void as_loop(const std::function<void()>& f) { std::thread(f).join(); }

  alignas(64) static inline int lock_ = 0;
};

TEST_F(QueueTest, WorkThatIsThereAlreadyIsKnownByItsQueuesLock) {
  worker([] { put(701); },
         [] {
           context::semaphore_taken(&lock_);  // woken up, it takes the queue's lock
           context::semaphore_posted(&lock_);
           EXPECT_TRUE(is_child_of(call(710), newest(701)));
           answer(701);
           as_loop([] { put(702); });
           EXPECT_TRUE(is_root(call(711))) << "still at what it was given before";
           context::semaphore_taken(&lock_);
           EXPECT_TRUE(is_child_of(call(712), newest(702)));
         });
}

TEST_F(QueueTest, AnotherLockThatTheLoopReleasedHandsNothingOn) {
  worker([] { put(701); },
         [] {
           context::semaphore_taken(&lock_);
           context::semaphore_posted(&lock_);
           answer(701);
           int another = 0;
           as_loop([&] {
             context::iteration_started();
             serve(702);
             context::semaphore_taken(&another);
             context::semaphore_posted(&another);
           });
           context::semaphore_taken(&another);
           EXPECT_TRUE(is_root(call(711)));
         });
}

TEST_F(QueueTest, TheQueuesLockReleasedByAnotherThreadHandsNothingOn) {
  worker([] { put(701); },
         [] {
           context::semaphore_taken(&lock_);
           context::semaphore_posted(&lock_);
           answer(701);
           as_loop([] { serve(702); });
           as_loop([] {
             context::semaphore_taken(&lock_);
             context::semaphore_posted(&lock_);
           });
           context::semaphore_taken(&lock_);
           EXPECT_TRUE(is_root(call(711)));
         });
}

TEST_F(HandoffTest, OnlyAnEventLoopsOnlyRequestIsGivenToANewThread) {
  EXPECT_EQ(context::only_request().exchange, nullptr);
  serve(701);
  EXPECT_EQ(context::only_request().exchange, nullptr) << "not an event loop: the thread's own";
  context::iteration_started();
  EXPECT_EQ(context::only_request().exchange, newest(701).own.exchange);
  serve(702);
  EXPECT_EQ(context::only_request().exchange, nullptr);
}

TEST_F(HandoffTest, APostIsForOneWaiter) {
  worker([] { loop_posts(1); },
         [] {
           context::wait_begins(&semaphore_);
           context::semaphore_wait_ended(&semaphore_);  // posted by who knows whom
           EXPECT_TRUE(is_root(call(710)));
         });
}

}  // namespace
}  // namespace seamtrace::agent
