#include "agent/context/handoff.h"

#include <atomic>

#include "agent/context/context.h"
#include "agent/spans/exchange.h"

namespace seamtrace::agent::context {

namespace {

/// What is known of a semaphore; two that share an entry make it forget, never mistake.
struct Knowledge {
  std::atomic<const void*> semaphore;
  std::atomic<const ThreadState*> taker;  ///< who took it last
  std::atomic<Exchange*> handed;          ///< for whom it was posted
  std::atomic<uint64_t> generation;
};

constexpr uint32_t kEntries = 1024;
constinit Knowledge table[kEntries]{};

Knowledge& entry_of(const void* semaphore) {
  const auto address = reinterpret_cast<uintptr_t>(semaphore);
  return table[(address >> 4 ^ address >> 14) % kEntries];
}

}  // namespace

ContextReference only_request() {
  const ThreadState& thread = thread_state;
  if (!thread.event_loop || !is_live(thread.last_read) || spans::live_server_requests() != 1)
    return {};
  return thread.last_read;
}

void semaphore_taken(const void* semaphore) {
  Knowledge& known = entry_of(semaphore);
  known.handed.store(nullptr, std::memory_order_relaxed);
  known.semaphore.store(semaphore, std::memory_order_relaxed);
  known.taker.store(&thread_state, std::memory_order_release);
}

void semaphore_posted(const void* semaphore) {
  Knowledge& known = entry_of(semaphore);
  if (known.semaphore.load(std::memory_order_relaxed) != semaphore) return;
  const ThreadState* taker = known.taker.load(std::memory_order_acquire);
  known.handed.store(nullptr, std::memory_order_relaxed);
  if (taker == nullptr || taker == &thread_state) return;
  const ContextReference request = only_request();
  if (request.exchange == nullptr) return;
  known.generation.store(request.generation, std::memory_order_relaxed);
  known.handed.store(request.exchange, std::memory_order_release);
}

void semaphore_wait_ended(const void* semaphore) {
  Knowledge& known = entry_of(semaphore);
  const bool same = known.semaphore.load(std::memory_order_relaxed) == semaphore;
  Exchange* exchange = known.handed.load(std::memory_order_acquire);
  const ContextReference handed{exchange, known.generation.load(std::memory_order_relaxed)};
  semaphore_taken(semaphore);
  if (!same || exchange == nullptr || !is_live(handed) || spans::live_server_requests() != 1)
    return;
  work_was_handed(handed);
}

}  // namespace seamtrace::agent::context
