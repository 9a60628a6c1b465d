// Context: whose child is it? Right, or none; never wrong.
// Path:    connections -> [context] -> spans
// Threads: the rules work on the calling thread's state; references are checked by generation.
// Rules:   layer 2 (thread and connection), and of layer 4 the conservative boundary:
//   - the request last read on this thread, until it is answered;
//   - a response read on an outgoing connection brings back the context that sent its request;
//   - a connection opened under a context owns its first request;
//   - pthread_create hands on, until the new thread first waits for work;
//   - a thread that waits where it has waited idle before has laid its request down;
//   - in an event loop each return of epoll_wait begins with no context, and while more than one
//     request is unanswered the thread's last read is not taken for an answer.
// Layers 1, 3 and 5 (runtime adapters, hand-off queues, inference) will stand beside this one:
// each sets the thread's current reference, or declines.
#pragma once

#include "agent/codecs/propagation/propagation.h"
#include "agent/runtime/thread_state.h"
#include "wire/records.h"

namespace seamtrace::agent {

struct Carrier;

namespace context {

/// Who opened a connection, and so owns its first request.
struct Opener {
  ContextReference reference;
  /// The thread that called connect(). Outside an event loop only that thread's first request
  /// counts: another may have taken the connection from a pool.
  const ThreadState* thread = nullptr;
  /// In an event loop a first request may be sent in another iteration, by when the thread's own
  /// context is another's: then the opener alone counts.
  bool by_event_loop = false;
  /// Several requests were possible; `reference` is the one touched last.
  bool ambiguous = false;
};

/// What an outgoing request is known by when its parent is looked for.
struct Sender {
  Opener opener;
  bool first_request = false;  ///< of its connection
  uint64_t target_hash = 0;    ///< of the request target; 0 unless settings.forwards_targets
};

/// What an outgoing request should be the child of.
struct Parent {
  codecs::TraceContext identity;  ///< invalid: none
  ContextReference reference;
  wire::Association association = wire::Association::kRoot;
};

/// A reference to a live exchange.
ContextReference reference_to(const Exchange& exchange);
/// True while the request has not been answered.
bool is_live(const ContextReference& reference);

/// Bytes of this request were read on the calling thread.
void request_read(const Exchange& exchange);
/// A read has left several requests unanswered on one connection: neither is taken.
void several_requests_read();
/// A response was read on the calling thread; `sender` is the context of its request.
void response_read(const ContextReference& sender);
/// The calling thread's context for something that starts now (a connection, a thread): live,
/// unambiguous, or empty.
ContextReference current();

/// epoll_wait and its like have returned: a new iteration of an event loop.
void iteration_started();
/// The calling thread is about to wait on a condition variable, semaphore or the like.
void wait_begins(const void* queue);
/// The same for a wait with a time limit, which is no sign of laying a request down: CPython waits
/// so for its global lock in the middle of whatever a thread does. It ends an inherited context
/// only.
void timed_wait_begins();
/// The calling thread has just started under `creator`'s context.
void thread_started(const ContextReference& creator);

/// The calling thread, which has no context, works for this request from now on.
void work_was_handed(const ContextReference& request);

/// Who opens a connection now, on this thread.
Opener opener();

/// The parent for a request that is about to be sent on this thread.
Parent find_parent(const Sender& sender);
/// The parent for something that begins in the middle of `reference`'s work.
Parent parent_from(const ContextReference& reference);

/// The one live server request, among those lately touched on this thread, that carried `seen`:
/// the program forwards its caller's context. Invalid when there is none, or more than one.
Parent find_forwarded(const codecs::TraceContext& seen);

/// Copies tracestate and baggage that belong to a parent (a live request, or the environment) into
/// the buffers; sizes are 0 where there are none.
struct CarriedText {
  uint32_t tracestate_size = 0;
  uint32_t baggage_size = 0;
};
CarriedText copy_carrier(const Parent& parent, char* tracestate, uint32_t tracestate_capacity,
                         char* baggage, uint32_t baggage_capacity);

/// Whether copy_carrier may find anything. A hint: cheap, and never wrongly false.
bool may_carry(const Parent& parent);

/// A new span of `parent`'s trace with its flags, or of a new trace when the parent is invalid.
codecs::TraceContext child_of(const codecs::TraceContext& parent);

/// A new span under `parent`, whose sampling is decided: by the parent; where there is none, or it
/// came with the environment, by the sampler.
codecs::TraceContext sampled_child_of(const Parent& parent);

/// Decides about sampling a trace that begins here or was left undecided, and sets the flag.
void sample_root(codecs::TraceContext& identity);
/// Decides about a server request whose caller has decided (`remote`).
void sample_child(const codecs::TraceContext& remote, codecs::TraceContext& identity);

/// Counts the uses of an incoming context; true when it has been used so often that the trace has
/// to begin anew (EDGE_CASES: a repeated foreign traceparent must not merge traces without bound).
bool is_overused(const codecs::TraceContext& remote);

/// A forked child keeps the context that it was forked under for a program that it may exec.
void remember_for_exec(const Parent& parent);
/// The context to hand to a program that this thread is about to start.
Parent exec_parent();

/// Forgets everything of the parent process. Only in a forked child.
void reset();

}  // namespace context
}  // namespace seamtrace::agent
