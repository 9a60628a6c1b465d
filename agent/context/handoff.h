// Handoff: a thread wakes another one up, to work for it.
// Path:    hooks -> [context]
// Threads: any; one table for the process, without locks.
// Rules:   a part of layer 3, for the one case that leaves no choice: an event loop that serves
//          exactly one request posts a semaphore on which a worker of its without a context has
//          waited. That thread then works for the request, until it waits for work again. Marked
//          as inferred: the loop may have had a reason of its own (a timer of its program).
//   - A worker is a thread that an event loop has created while it served requests. Others wait
//     for a loop, too, such as one that lets the loop run a coroutine and waits for its result.
//   - A semaphore that is posted by the thread that took it last is a lock (CPython's are
//     semaphores): a lock that is released hands nothing on.
//   - Work that is there before the thread waits for it is known by the lock of its queue: the one
//     that the thread took next when it was woken up before. Taking that lock after the loop has
//     released it counts like being woken up.
//   - With two requests unanswered nothing is handed on.
#pragma once

#include "agent/runtime/thread_state.h"

namespace seamtrace::agent::context {

/// The one request that the calling thread's event loop serves; empty when there is another, none,
/// or no event loop. What a thread that it creates now is given to begin with, too.
ContextReference only_request();

/// Whether a thread that the calling one creates now is a worker.
bool creates_workers();
/// The calling thread is one.
void worker_started();

/// The calling thread has taken the semaphore.
void semaphore_taken(const void* semaphore);
/// It is about to post it.
void semaphore_posted(const void* semaphore);
/// It has taken the semaphore after waiting for it without a time limit.
void semaphore_wait_ended(const void* semaphore);

}  // namespace seamtrace::agent::context
