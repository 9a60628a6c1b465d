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
  /// The one request of the event loop that posted it last; null: posted by another thread.
  std::atomic<Exchange*> request;
  std::atomic<uint64_t> generation;
  std::atomic<bool> handed;  ///< posted for whoever waits, not released as a lock
};

constexpr uint32_t kEntries = 1024;
constinit Knowledge table[kEntries]{};

Knowledge& entry_of(const void* semaphore) {
  const auto address = reinterpret_cast<uintptr_t>(semaphore);
  return table[(address >> 4 ^ address >> 14) % kEntries];
}

ContextReference request_of(const Knowledge& known) {
  Exchange* request = known.request.load(std::memory_order_acquire);
  return {request, known.generation.load(std::memory_order_relaxed)};
}

void hand_over(const ContextReference& request) {
  if (is_live(request) && spans::live_server_requests() == 1) work_was_handed(request);
}

void take_from_queue(const Knowledge& known, const void* semaphore) {
  ThreadState& thread = thread_state;
  const bool same = known.semaphore.load(std::memory_order_relaxed) == semaphore;
  const ContextReference request = same ? request_of(known) : ContextReference{};
  if (thread.learns_work_lock) {
    thread.learns_work_lock = false;
    if (request.exchange != nullptr) thread.work_lock = semaphore;
  } else if (request.exchange != nullptr) {
    hand_over(request);
  }
}

}  // namespace

ContextReference only_request() {
  const ThreadState& thread = thread_state;
  if (!thread.event_loop || !is_live(thread.last_read) || spans::live_server_requests() != 1)
    return {};
  return thread.last_read;
}

bool creates_workers() { return thread_state.event_loop && spans::live_server_requests() > 0; }

void worker_started() { thread_state.loop_worker = true; }

void semaphore_taken(const void* semaphore) {
  const ThreadState& thread = thread_state;
  Knowledge& known = entry_of(semaphore);
  if (thread.learns_work_lock || thread.work_lock == semaphore) take_from_queue(known, semaphore);
  known.handed.store(false, std::memory_order_relaxed);
  if (known.semaphore.load(std::memory_order_relaxed) != semaphore) {
    known.request.store(nullptr, std::memory_order_relaxed);
    known.semaphore.store(semaphore, std::memory_order_relaxed);
  }
  known.taker.store(&thread, std::memory_order_release);
}

void semaphore_posted(const void* semaphore) {
  Knowledge& known = entry_of(semaphore);
  if (known.semaphore.load(std::memory_order_relaxed) != semaphore) return;
  const ThreadState* taker = known.taker.load(std::memory_order_acquire);
  const ContextReference request = only_request();
  known.request.store(nullptr, std::memory_order_relaxed);
  known.generation.store(request.generation, std::memory_order_relaxed);
  known.request.store(request.exchange, std::memory_order_release);
  known.handed.store(request.exchange != nullptr && taker != nullptr && taker != &thread_state,
                     std::memory_order_release);
}

void semaphore_wait_ended(const void* semaphore) {
  const Knowledge& known = entry_of(semaphore);
  const bool handed = known.semaphore.load(std::memory_order_relaxed) == semaphore &&
                      known.handed.load(std::memory_order_acquire);
  const ContextReference request = handed ? request_of(known) : ContextReference{};
  semaphore_taken(semaphore);
  if (request.exchange == nullptr || !thread_state.loop_worker) return;
  hand_over(request);
  thread_state.learns_work_lock = true;
}

}  // namespace seamtrace::agent::context
