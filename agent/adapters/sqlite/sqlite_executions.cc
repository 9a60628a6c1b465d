#include "agent/adapters/sqlite/sqlite_executions.h"

#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/pool.h"
#include "agent/runtime/spin_lock.h"

namespace seamtrace::agent::adapters::sqlite {

namespace {

using wire::Counter;

/// Half of the in-flight slots: statements that are never reset leave room for the others.
constexpr uint32_t kCapacity = wire::kInFlightSlotCount / 2;
constexpr uint32_t kBuckets = 1024;
constexpr uint32_t kLocks = 16;

Pool<Execution, kCapacity> pool;
std::atomic<bool> pool_is_open{false};
std::atomic<uint32_t> buckets[kBuckets];
struct alignas(64) BucketLock {
  SpinLock lock;
};
BucketLock locks[kLocks];

uint32_t bucket_of(sqlite3_stmt* statement) {
  const uint64_t hash = reinterpret_cast<uintptr_t>(statement) * 0x9e37'79b9'7f4a'7c15;
  return static_cast<uint32_t>(hash >> 54);
}
static_assert(kBuckets == 1u << (64 - 54));

SpinLock& lock_of(uint32_t bucket) { return locks[bucket % kLocks].lock; }

Execution* at(uint32_t link) { return link == 0 ? nullptr : pool.at(link - 1); }

/// Under the bucket's lock.
Execution* find(uint32_t bucket, sqlite3_stmt* statement) {
  Execution* execution = at(buckets[bucket].load(std::memory_order_relaxed));
  while (execution != nullptr && execution->statement.load(std::memory_order_relaxed) != statement)
    execution = at(execution->next);
  return execution;
}

/// Under the bucket's lock.
void unlink(uint32_t bucket, Execution* execution) {
  const uint32_t link = pool.index_of(execution) + 1;
  const uint32_t first = buckets[bucket].load(std::memory_order_relaxed);
  if (first == link) {
    buckets[bucket].store(execution->next, std::memory_order_relaxed);
    return;
  }
  for (Execution* before = at(first); before != nullptr; before = at(before->next))
    if (before->next == link) {
      before->next = execution->next;
      return;
    }
}

bool open_pool() {
  if (pool_is_open.load(std::memory_order_acquire)) return true;
  if (!pool.open()) return false;
  pool_is_open.store(true, std::memory_order_release);
  return true;
}

void note_busy_lock() { ring_writer::count(Counter::bypass_lock_busy); }

}  // namespace

Execution* take_execution(sqlite3_stmt* statement, const SqliteLibrary& library,
                          const void* owner) {
  Execution* execution = open_pool() ? pool.take() : nullptr;
  if (execution == nullptr) {
    ring_writer::count(Counter::lost_slots_exhausted);
    return nullptr;
  }
  execution->next = 0;
  execution->library = &library;
  execution->exchange = nullptr;
  execution->rows.store(0, std::memory_order_relaxed);
  execution->last_ticks.store(0, std::memory_order_relaxed);
  execution->start_ns = 0;
  execution->start_ticks = 0;
  execution->changes_before = 0;
  execution->returns_rows = false;
  execution->shared.store(false, std::memory_order_relaxed);
  execution->awaits_retry = false;
  execution->owner.store(owner, std::memory_order_relaxed);
  execution->statement.store(statement, std::memory_order_release);
  return execution;
}

void give_back(Execution* execution) {
  execution->statement.store(nullptr, std::memory_order_relaxed);
  execution->owner.store(nullptr, std::memory_order_relaxed);
  pool.give_back(execution);
}

bool may_be_under_way(sqlite3_stmt* statement) {
  return buckets[bucket_of(statement)].load(std::memory_order_relaxed) != 0;
}

Execution* join(sqlite3_stmt* statement, const void* owner) {
  if (!may_be_under_way(statement)) return nullptr;
  const uint32_t bucket = bucket_of(statement);
  SpinLockHolder holder(lock_of(bucket));
  if (!holder) {
    note_busy_lock();
    return nullptr;
  }
  Execution* execution = find(bucket, statement);
  if (execution != nullptr && execution->owner.load(std::memory_order_relaxed) != owner) {
    execution->shared.store(true, std::memory_order_relaxed);
    execution->owner.store(owner, std::memory_order_relaxed);
  }
  return execution;
}

bool insert(Execution* execution) {
  sqlite3_stmt* statement = execution->statement.load(std::memory_order_relaxed);
  const uint32_t bucket = bucket_of(statement);
  SpinLockHolder holder(lock_of(bucket));
  if (!holder) {
    note_busy_lock();
    return false;
  }
  if (find(bucket, statement) != nullptr) return false;
  execution->next = buckets[bucket].load(std::memory_order_relaxed);
  buckets[bucket].store(pool.index_of(execution) + 1, std::memory_order_relaxed);
  return true;
}

Execution* remove(sqlite3_stmt* statement, const Execution* wanted) {
  if (!may_be_under_way(statement)) return nullptr;
  const uint32_t bucket = bucket_of(statement);
  SpinLockHolder holder(lock_of(bucket));
  if (!holder) {
    note_busy_lock();
    return nullptr;
  }
  Execution* execution = find(bucket, statement);
  if (execution == nullptr || (wanted != nullptr && execution != wanted)) return nullptr;
  unlink(bucket, execution);
  // Nobody goes on with it any more.
  execution->owner.store(nullptr, std::memory_order_relaxed);
  return execution;
}

void reset_executions() {
  for (BucketLock& each : locks) each.lock.reset();
  for (std::atomic<uint32_t>& bucket : buckets) bucket.store(0, std::memory_order_relaxed);
  pool.for_each_used([](Execution& execution) {
    execution.statement.store(nullptr, std::memory_order_relaxed);
    execution.owner.store(nullptr, std::memory_order_relaxed);
    execution.exchange = nullptr;
  });
  pool.reset();
}

}  // namespace seamtrace::agent::adapters::sqlite
