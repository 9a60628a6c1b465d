// ThreadState: what the agent keeps of a thread. Zero is the valid initial state.
// Memory:  initial-exec thread-local: reading it costs one instruction and allocates nothing.
#pragma once

#include <cstdint>

#include "agent/runtime/platform.h"

namespace seamtrace::agent {

struct Exchange;

/// A server request that may be the parent of outgoing calls: valid while the exchange still has
/// this generation, i.e. until it is answered.
struct ContextReference {
  Exchange* exchange = nullptr;
  uint64_t generation = 0;
};

struct ThreadState {
  /// > 0: this thread is inside the agent; a hook called now comes from a signal handler.
  uint32_t depth;
  uint32_t tid;
  /// Equals the process's epoch, else the state is a parent's and has to be cleared.
  uint32_t epoch;
  uint64_t random_state;

  // context/
  ContextReference current;
  /// The server request last read here: survives the iterations of an event loop.
  ContextReference last_read;
  /// The context came with pthread_create; the first wait for work ends it.
  bool inherited;
  /// The context was handed to this thread with its work, by inference; see context/handoff.h.
  bool handed;
  /// An event loop has created this thread in the middle of serving requests: it works for them.
  bool loop_worker;
  /// The next semaphore that this thread takes is the lock of the queue that its work came from.
  bool learns_work_lock;
  const void* work_lock;  ///< that lock; null: not known
  /// The thread has called epoll_wait: its contexts last for one iteration.
  bool event_loop;
  /// Two live requests were touched in this iteration: a call may belong to either.
  bool ambiguous;
  uint8_t next_idle_wait;
  uint8_t next_recent;
  /// What this thread has waited on while it had no context: its queues of work.
  const void* idle_waits[4];
  /// The server requests last touched here, live or not.
  ContextReference recent[8];

  // What this thread was forked under, for exec.
  bool exec_parent_valid;
  uint8_t exec_flags;
  uint8_t exec_trace_id[16];
  uint8_t exec_span_id[8];

  // ring_writer/
  uint32_t chunk_index;     ///< 1 + index, 0: none
  uint32_t chunk_used;      ///< bytes of whole records in it
  uint32_t counter_shard;   ///< 1 + index, 0: not chosen yet
  uint32_t full_countdown;  ///< records to drop before looking for a free chunk again
  uint32_t overhead_countdown;
};

extern constinit thread_local ThreadState thread_state __attribute__((tls_model("initial-exec")));

/// 1 while a vfork child of this thread runs, which borrows our memory. Set in vfork_hook.S.
extern "C" __thread uint32_t seamtrace_in_vfork_child __attribute__((tls_model("initial-exec")));

/// Marks the thread as inside the agent for a scope. Test it: false means that a signal handler
/// has interrupted the agent, or that this is a vfork child, and the call must pass through.
class Entry {
 public:
  Entry() : entered_(thread_state.depth == 0 && seamtrace_in_vfork_child == 0) {
    if (entered_) thread_state.depth = 1;
  }
  ~Entry() {
    if (entered_) thread_state.depth = 0;
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  explicit operator bool() const { return entered_; }

 private:
  bool entered_;
  ErrnoSaver errno_saver_;
};

}  // namespace seamtrace::agent
