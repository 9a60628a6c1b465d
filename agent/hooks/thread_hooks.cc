// Threads begin, and wait for work.
#include <pthread.h>
#include <semaphore.h>

#include "agent/context/context.h"
#include "agent/context/handoff.h"
#include "agent/hooks/io_hooks.h"
#include "agent/runtime/pool.h"

namespace seamtrace::agent::hooks {
namespace {

// The version of these functions that programs of today are linked with; without it dlsym would
// give the one from before 2003 on some processors.
#if defined(__x86_64__)
constexpr const char* kConditionVersion = "GLIBC_2.3.2";
#else
constexpr const char* kConditionVersion = nullptr;
#endif

using StartRoutine = void* (*)(void*);

NextFunction<int(pthread_t*, const pthread_attr_t*, StartRoutine, void*)> next_pthread_create(
    "pthread_create");
NextFunction<int(pthread_cond_t*, pthread_mutex_t*)> next_cond_wait("pthread_cond_wait",
                                                                    kConditionVersion);
NextFunction<int(pthread_cond_t*, pthread_mutex_t*, const timespec*)> next_cond_timedwait(
    "pthread_cond_timedwait", kConditionVersion);
NextFunction<int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>
    next_cond_clockwait("pthread_cond_clockwait");
NextFunction<int(sem_t*)> next_sem_wait("sem_wait");
NextFunction<int(sem_t*, const timespec*)> next_sem_timedwait("sem_timedwait");
NextFunction<int(sem_t*, clockid_t, const timespec*)> next_sem_clockwait("sem_clockwait");
NextFunction<int(sem_t*)> next_sem_trywait("sem_trywait");
NextFunction<int(sem_t*)> next_sem_post("sem_post");

__attribute__((constructor)) void resolve_early() {
  next_pthread_create.resolve();
  next_cond_wait.resolve();
  next_cond_timedwait.resolve();
  next_cond_clockwait.resolve();
  next_sem_wait.resolve();
  next_sem_timedwait.resolve();
  next_sem_clockwait.resolve();
  next_sem_trywait.resolve();
  next_sem_post.resolve();
}

/// What a new thread is to do, on its way to that thread.
struct Start {
  std::atomic<uint32_t> pool_next;
  StartRoutine routine;
  void* argument;
  ContextReference creator;
  bool handed;  ///< by an event loop: inferred
  bool worker;  ///< of that loop
};
constexpr uint32_t kStartCapacity = 4096;
Pool<Start, kStartCapacity> starts;

void* run_thread(void* raw) {
  auto* start = static_cast<Start*>(raw);
  const StartRoutine routine = start->routine;
  void* argument = start->argument;
  const ContextReference creator = start->creator;
  const bool handed = start->handed, worker = start->worker;
  starts.give_back(start);
  pipeline::with_agent([&] {
    if (worker) context::worker_started();
    if (handed)
      context::work_was_handed(creator);
    else
      context::thread_started(creator);
  });
  return routine(argument);
}

/// A start block when the creator has a context to hand on, else null.
Start* prepare_start(StartRoutine routine, void* argument) {
  Start* start = nullptr;
  pipeline::with_agent([&] {
    ContextReference creator = context::current();
    const ContextReference given =
        creator.exchange == nullptr ? context::only_request() : ContextReference{};
    const bool handed = given.exchange != nullptr;
    if (handed) creator = given;
    const bool worker = context::creates_workers();
    if ((creator.exchange == nullptr && !worker) || !starts.open()) return;
    start = starts.take();
    if (start == nullptr) return;
    start->routine = routine;
    start->argument = argument;
    start->creator = creator;
    start->handed = handed;
    start->worker = worker;
  });
  return start;
}

void before_wait(const void* queue) {
  pipeline::with_agent([&] { context::wait_begins(queue); });
}

int missing() {
  errno = ENOSYS;
  return -1;
}

int after_taking(const sem_t* semaphore, int result) {
  if (result == 0) pipeline::with_agent([&] { context::semaphore_taken(semaphore); });
  return result;
}

}  // namespace
}  // namespace seamtrace::agent::hooks

using namespace seamtrace::agent;
using namespace seamtrace::agent::hooks;

SEAMTRACE_HOOK int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                  StartRoutine routine, void* argument) {
  auto* next = next_pthread_create.get();
  if (next == nullptr) return EAGAIN;
  Start* start = prepare_start(routine, argument);
  if (start == nullptr) return next(thread, attributes, routine, argument);
  const int result = next(thread, attributes, run_thread, start);
  if (result != 0) starts.give_back(start);
  return result;
}

SEAMTRACE_HOOK int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  before_wait(condition);
  auto* next = next_cond_wait.get();
  return next != nullptr ? next(condition, mutex) : EINVAL;
}

SEAMTRACE_HOOK int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                          const timespec* deadline) {
  pipeline::with_agent([] { context::timed_wait_begins(); });
  auto* next = next_cond_timedwait.get();
  return next != nullptr ? next(condition, mutex, deadline) : EINVAL;
}

SEAMTRACE_HOOK int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                          clockid_t clock, const timespec* deadline) {
  before_wait(condition);
  auto* next = next_cond_clockwait.get();
  return next != nullptr ? next(condition, mutex, clock, deadline) : EINVAL;
}

SEAMTRACE_HOOK int sem_wait(sem_t* semaphore) {
  before_wait(semaphore);
  auto* next = next_sem_wait.get();
  if (next == nullptr) return missing();
  const int result = next(semaphore);
  if (result == 0) pipeline::with_agent([&] { context::semaphore_wait_ended(semaphore); });
  return result;
}

SEAMTRACE_HOOK int sem_timedwait(sem_t* semaphore, const timespec* deadline) {
  before_wait(semaphore);
  auto* next = next_sem_timedwait.get();
  return next != nullptr ? after_taking(semaphore, next(semaphore, deadline)) : missing();
}

SEAMTRACE_HOOK int sem_clockwait(sem_t* semaphore, clockid_t clock, const timespec* deadline) {
  pipeline::with_agent([] { context::timed_wait_begins(); });
  auto* next = next_sem_clockwait.get();
  return next != nullptr ? after_taking(semaphore, next(semaphore, clock, deadline)) : missing();
}

SEAMTRACE_HOOK int sem_trywait(sem_t* semaphore) {
  auto* next = next_sem_trywait.get();
  return next != nullptr ? after_taking(semaphore, next(semaphore)) : missing();
}

SEAMTRACE_HOOK int sem_post(sem_t* semaphore) {
  // Before the call: the thread that it wakes up may run at once.
  pipeline::with_agent([&] { context::semaphore_posted(semaphore); });
  auto* next = next_sem_post.get();
  return next != nullptr ? next(semaphore) : missing();
}
