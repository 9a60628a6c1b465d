// Pools and locks under many threads.
#include "agent/runtime/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "agent/runtime/spin_lock.h"
#include "agent/runtime/thread_state.h"

namespace seamtrace::agent {
namespace {

struct Item {
  std::atomic<uint32_t> pool_next;
  std::atomic<uint32_t> owners;
  uint64_t value;  // written by its owner alone: a race detector sees a second one
};

template <typename F>
void on_threads(int count, F f) {
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) threads.emplace_back(f, t);
  for (std::thread& thread : threads) thread.join();
}

TEST(PoolTest, AnEmptyPoolGivesNull) {
  static Pool<Item, 3> pool;
  EXPECT_EQ(pool.take(), nullptr) << "not opened yet";
  ASSERT_TRUE(pool.open());
  std::set<Item*> taken;
  for (int i = 0; i < 3; ++i) taken.insert(pool.take());
  EXPECT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken.count(nullptr), 0u);
  EXPECT_EQ(pool.take(), nullptr);
  pool.give_back(*taken.begin());
  EXPECT_EQ(pool.take(), *taken.begin());
  EXPECT_EQ(pool.take(), nullptr);
}

TEST(PoolTest, TheLastObjectGivenBackIsTakenFirstAndKeepsItsBytes) {
  static Pool<Item, 8> pool;
  ASSERT_TRUE(pool.open());
  Item* first = pool.take();
  Item* second = pool.take();
  EXPECT_EQ(first->value, 0u);
  first->value = 1;
  second->value = 2;
  pool.give_back(first);
  pool.give_back(second);
  EXPECT_EQ(pool.take(), second);
  EXPECT_EQ(pool.take(), first);
  EXPECT_EQ(first->value, 1u);
  EXPECT_EQ(second->value, 2u);
  EXPECT_EQ(pool.at(pool.index_of(second)), second);
}

TEST(PoolTest, OpenTwiceIsOpenOnce) {
  static Pool<Item, 2> pool;
  ASSERT_TRUE(pool.open());
  Item* item = pool.take();
  ASSERT_TRUE(pool.open());
  EXPECT_NE(pool.take(), item);
}

TEST(PoolTest, AResetPoolIsFreeAndKnowsWhatWasUsedBefore) {
  static Pool<Item, 4> pool;
  ASSERT_TRUE(pool.open());
  for (int i = 0; i < 3; ++i) pool.take();
  int used = 0;
  pool.for_each_used([&](Item&) { ++used; });
  EXPECT_EQ(used, 3);
  pool.reset();
  std::set<Item*> taken;
  while (Item* item = pool.take()) taken.insert(item);
  EXPECT_EQ(taken.size(), 4u);
}

TEST(PoolTest, NoObjectIsHandedOutTwice) {
  static Pool<Item, 32> pool;
  ASSERT_TRUE(pool.open());
  std::atomic<int> twice{0}, misses{0};
  on_threads(8, [&](int thread) {
    Item* held[6] = {};
    for (int i = 0; i < 40'000; ++i) {
      Item*& place = held[static_cast<unsigned>(i * 7 + thread) % 6];
      if (place != nullptr) {
        place->owners.fetch_sub(1, std::memory_order_relaxed);
        pool.give_back(place);
        place = nullptr;
        continue;
      }
      place = pool.take();
      if (place == nullptr) {
        ++misses;  // 8 threads want up to 48 of 32
        continue;
      }
      if (place->owners.fetch_add(1, std::memory_order_relaxed) != 0) ++twice;
      place->value = static_cast<uint64_t>(thread) << 32 | static_cast<uint64_t>(i);
    }
    for (Item* item : held) {
      if (item == nullptr) continue;
      item->owners.fetch_sub(1, std::memory_order_relaxed);
      pool.give_back(item);
    }
  });
  EXPECT_EQ(twice, 0);
  std::set<Item*> all;
  while (Item* item = pool.take()) all.insert(item);
  EXPECT_EQ(all.size(), 32u) << "none was lost";
}

TEST(SpinLockTest, ExcludesOthers) {
  static SpinLock lock;
  static uint64_t sum;
  std::atomic<uint64_t> entered{0};
  on_threads(4, [&](int) {
    for (int i = 0; i < 20'000; ++i) {
      const SpinLockHolder holder(lock);
      if (!holder) continue;
      ++sum;
      ++entered;
    }
  });
  EXPECT_EQ(sum, entered);
  EXPECT_GT(sum, 0u);
}

TEST(SpinLockTest, GivesUpWhenItsHolderIsStuckAndWorksAgainAfterwards) {
  static SpinLock lock;
  ASSERT_TRUE(lock.try_acquire());
  EXPECT_FALSE(lock.try_acquire());
  std::thread([] {
    const SpinLockHolder holder(lock);
    EXPECT_FALSE(holder);
  }).join();
  EXPECT_FALSE(lock.try_acquire()) << "who did not get it must not release it";
  lock.release();
  EXPECT_TRUE(lock.try_acquire());
  lock.reset();
  EXPECT_TRUE(lock.try_acquire());
}

TEST(EntryTest, ReEntryIsRefusedAndErrnoIsKept) {
  errno = ENOTTY;
  {
    const Entry outer;
    EXPECT_TRUE(outer);
    {
      const Entry inner;  // a signal handler that interrupted the agent
      EXPECT_FALSE(inner);
    }
    EXPECT_EQ(thread_state.depth, 1u) << "the inner one leaves the outer one's mark";
    errno = EIO;
  }
  EXPECT_EQ(errno, ENOTTY);
  EXPECT_EQ(thread_state.depth, 0u);
  seamtrace_in_vfork_child = 1;
  EXPECT_FALSE(Entry());
  seamtrace_in_vfork_child = 0;
  EXPECT_TRUE(Entry());
}

}  // namespace
}  // namespace seamtrace::agent
