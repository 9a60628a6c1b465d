// SqliteExecutions: the executions of statements that are under way.
// Path:    adapter -> [executions] -> spans
// Owner:   one table per process, of a fixed size.
// Threads: any; a bucket's chain is changed under one of a few small locks. The thread that began
// an
//          execution goes on with it without a lock.
// Failure: no room: the execution is not traced, and counted.
#pragma once

#include <atomic>
#include <cstdint>

#include "agent/adapters/sqlite/sqlite_library.h"
#include "agent/spans/exchange.h"

namespace seamtrace::agent::adapters::sqlite {

/// A cheap clock of unknown unit. Between two moments whose time is known it tells a third.
inline uint64_t ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t value;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#else
  return monotonic_ns();
#endif
}

struct Execution {
  std::atomic<uint32_t> pool_next;
  uint32_t next;  ///< in its bucket, 1 + index
  std::atomic<sqlite3_stmt*> statement;
  /// The thread that goes on with it without a lock (the address of its ThreadCalls).
  std::atomic<const void*> owner;
  const SqliteLibrary* library;
  Exchange* exchange;  ///< null: not sampled
  std::atomic<uint64_t> rows;
  std::atomic<uint64_t> last_ticks;  ///< when the last step returned; 0: none has
  uint64_t start_ns;
  uint64_t start_ticks;
  int changes_before;  ///< sqlite3_total_changes
  bool returns_rows;
  /// Several threads have stepped: rows are counted atomically.
  std::atomic<bool> shared;
  /// SQLITE_BUSY and its like have ended the span, but the library would go on: the next step is an
  /// execution of its own.
  bool awaits_retry;

  void note_row() {
    if (shared.load(std::memory_order_relaxed))
      rows.fetch_add(1, std::memory_order_relaxed);
    else
      rows.store(rows.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    last_ticks.store(ticks(), std::memory_order_relaxed);
  }
};

/// A new execution that is in no table yet; null (counted): no room.
Execution* take_execution(sqlite3_stmt* statement, const SqliteLibrary& library, const void* owner);
/// Gives back one that is in no table. Its exchange is gone already.
void give_back(Execution* execution);

/// Whether there may be an execution of this statement. Never wrongly false.
bool may_be_under_way(sqlite3_stmt* statement);

/// The statement's execution is the caller's from now on. Null: there is none.
Execution* join(sqlite3_stmt* statement, const void* owner);

/// Puts it into the table. False: there is one of this statement already, or the lock was not had.
bool insert(Execution* execution);

/// Takes the statement's execution out of the table, for its end; null: there is none any more.
/// `wanted` (null: any) has to be the one.
Execution* remove(sqlite3_stmt* statement, const Execution* wanted);

/// Drops everything that the parent process left. Only in a forked child, which has released all
/// exchanges.
void reset_executions();

}  // namespace seamtrace::agent::adapters::sqlite
