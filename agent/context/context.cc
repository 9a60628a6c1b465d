#include "agent/context/context.h"

#include <string.h>

#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/process_state.h"
#include "agent/spans/exchange.h"

namespace seamtrace::agent::context {

namespace {

using ring_writer::count;
using wire::Counter;

constexpr uint32_t kEnvironmentParentUses = 1024;

/// On the reader of what another thread may be writing, and on what it runs: see read_consistently.
#define SEAMTRACE_MAY_BE_TORN __attribute__((no_sanitize("thread")))

/// Runs f on the exchange's data if, before and after, the reference was live. What f copies may be
/// torn when another thread takes the object for a new request meanwhile; the second look tells,
/// and the copy is thrown away. ThreadSanitizer cannot know that.
template <typename F>
SEAMTRACE_MAY_BE_TORN bool read_consistently(const ContextReference& reference, F f) {
  if (reference.exchange == nullptr) return false;
  const Exchange& exchange = *reference.exchange;
  if (exchange.generation.load(std::memory_order_acquire) != reference.generation) return false;
  f(exchange);
#if !defined(__SANITIZE_THREAD__)  // which does not know fences
  std::atomic_thread_fence(std::memory_order_acquire);
#endif
  return exchange.generation.load(std::memory_order_relaxed) == reference.generation;
}

bool is_same(const ContextReference& a, const ContextReference& b) {
  return a.exchange == b.exchange && a.generation == b.generation;
}

void touch(const ContextReference& reference) {
  ThreadState& thread = thread_state;
  if (is_same(thread.current, reference)) return;
  if (thread.event_loop && is_live(thread.current)) thread.ambiguous = true;
  thread.current = reference;
  thread.inherited = false;
  thread.handed = false;
  if (!reference.exchange->remote.valid) return;  // nothing that could be forwarded
  for (const ContextReference& known : thread.recent)
    if (is_same(known, reference)) return;
  constexpr uint8_t kRecentCount = sizeof thread.recent / sizeof thread.recent[0];
  thread.recent[thread.next_recent++ % kRecentCount] = reference;
}

/// TRACEPARENT of the environment: parent of the first root spans of a process that serves nobody.
bool environment_parent(codecs::TraceContext& parent) {
  if (settings.environment_traceparent[0] == '\0' ||
      process_state.has_served.load(std::memory_order_relaxed))
    return false;
  if (process_state.environment_parent_uses.fetch_add(1, std::memory_order_relaxed) >=
      kEnvironmentParentUses)
    return false;
  parent = codecs::parse_traceparent(settings.environment_traceparent);
  return parent.valid;
}

uint64_t low_56_bits(const uint8_t* trace_id) {
  uint64_t value = 0;
  for (int i = 9; i < 16; ++i) value = value << 8 | trace_id[i];
  return value;
}

void set_sampled(codecs::TraceContext& identity, bool sampled) {
  identity.flags = static_cast<uint8_t>((identity.flags & ~codecs::kFlagSampled) |
                                        (sampled ? codecs::kFlagSampled : 0));
}

bool tracing_is_on(const wire::ControlBlock& control) {
  return control.tracing.load(std::memory_order_relaxed) != 0;
}

bool ratio_keeps(const wire::ControlBlock& control, const codecs::TraceContext& identity) {
  return low_56_bits(identity.trace_id) >=
         control.rejection_threshold.load(std::memory_order_relaxed);
}

}  // namespace

ContextReference reference_to(const Exchange& exchange) {
  return {const_cast<Exchange*>(&exchange), exchange.generation.load(std::memory_order_relaxed)};
}

bool is_live(const ContextReference& reference) {
  return reference.exchange != nullptr &&
         reference.exchange->generation.load(std::memory_order_acquire) == reference.generation;
}

void request_read(const Exchange& exchange) {
  if (!exchange.live()) return;
  thread_state.last_read = reference_to(exchange);
  touch(thread_state.last_read);
}

void several_requests_read() {
  thread_state.current = {};
  thread_state.inherited = false;
  thread_state.ambiguous = thread_state.event_loop;
}

void response_read(const ContextReference& sender) {
  if (is_live(sender)) {
    touch(sender);
  } else if (thread_state.event_loop) {
    // What follows belongs to a request that is over or unknown, not to the one read before.
    if (is_live(thread_state.current)) thread_state.ambiguous = true;
  }
}

/// In an event loop a request's work may run at any later time, on any of the loop's threads: as
/// soon as a second request is unanswered, the thread's last read says nothing about whose a call
/// is.
bool several_possible() {
  return thread_state.ambiguous ||
         (thread_state.event_loop && process_state.has_served.load(std::memory_order_relaxed) &&
          spans::live_server_requests() > 1);
}

ContextReference current() {
  const ThreadState& thread = thread_state;
  return !several_possible() && is_live(thread.current) ? thread.current : ContextReference{};
}

void iteration_started() {
  ThreadState& thread = thread_state;
  thread.event_loop = true;
  thread.ambiguous = false;
  thread.inherited = false;
  thread.current = {};
}

void wait_begins(const void* queue) {
  ThreadState& thread = thread_state;
  const bool live = is_live(thread.current);
  bool waited_idle_here = false;
  for (const void* known : thread.idle_waits) waited_idle_here |= known == queue;
  if (live && (thread.inherited || thread.handed || waited_idle_here)) {
    thread.current = {};
    thread.inherited = false;
    thread.handed = false;
  } else if (!live && !waited_idle_here) {
    thread.idle_waits[thread.next_idle_wait++ % 4] = queue;
  }
}

void timed_wait_begins() {
  ThreadState& thread = thread_state;
  if (!thread.inherited) return;
  thread.current = {};
  thread.inherited = false;
}

void thread_started(const ContextReference& creator) {
  thread_state.current = creator;
  thread_state.inherited = true;
}

void work_was_handed(const ContextReference& request) {
  ThreadState& thread = thread_state;
  if (thread.event_loop || is_live(thread.current)) return;
  thread.current = request;
  thread.inherited = false;
  thread.handed = true;
}

Opener opener() {
  const ThreadState& thread = thread_state;
  Opener opener;
  opener.thread = &thread;
  opener.by_event_loop = thread.event_loop;
  opener.ambiguous = several_possible();
  if (is_live(thread.current)) opener.reference = thread.current;
  return opener;
}

Parent parent_from(const ContextReference& reference) {
  Parent parent;
  if (read_consistently(reference, [&](const Exchange& exchange) SEAMTRACE_MAY_BE_TORN {
        parent.identity = exchange.identity;
      })) {
    parent.reference = reference;
    parent.association = wire::Association::kExact;
    return parent;
  }
  return {};
}

namespace {

/// Layer 5, for programs that pass requests on as they are (reverse proxies): of the requests that
/// were possible, the one touched last, if it asked for the same target.
Parent infer_parent(const ContextReference& candidate, const Sender& sender) {
  if (!settings.forwards_targets || sender.target_hash == 0) return {};
  bool same_target = false;
  if (!read_consistently(candidate,
                         [&](const Exchange& exchange) SEAMTRACE_MAY_BE_TORN {
                           same_target = exchange.target_hash == sender.target_hash;
                         }) ||
      !same_target)
    return {};
  Parent parent = parent_from(candidate);
  parent.association = wire::Association::kInferred;
  return parent;
}

/// The context that the thread's state names; `ambiguous` where several were possible.
Parent thread_parent(const Sender& sender, bool& ambiguous) {
  const ThreadState& thread = thread_state;
  ambiguous = several_possible();
  if (!is_live(thread.current)) return {};
  if (ambiguous) return infer_parent(thread.current, sender);
  Parent parent = parent_from(thread.current);
  if (thread.handed && parent.identity.valid) parent.association = wire::Association::kInferred;
  return parent;
}

}  // namespace

Parent find_parent(const Sender& sender) {
  Parent parent;
  bool ambiguous = false;
  const Opener& opener = sender.opener;
  if (sender.first_request && is_live(opener.reference)) {
    // Outside an event loop the sender must agree: a connection may have been opened for a pool,
    // and be first used by another request, or by a worker of whom nothing is known.
    const ThreadState& thread = thread_state;
    const bool agreed = is_live(thread.current) ? is_same(thread.current, opener.reference)
                                                : opener.thread == &thread;
    const bool disputed = !opener.by_event_loop && !agreed;
    ambiguous = opener.ambiguous || disputed;
    if (!disputed)
      parent = ambiguous ? infer_parent(opener.reference, sender) : parent_from(opener.reference);
    if (thread.handed && parent.identity.valid) parent.association = wire::Association::kInferred;
  } else if (!sender.first_request || !opener.by_event_loop) {
    parent = thread_parent(sender, ambiguous);
  }
  if (parent.reference.exchange != nullptr) return parent;
  if (ambiguous)
    count(Counter::context_ambiguous);
  else if (environment_parent(parent.identity))
    parent.association = wire::Association::kEnvironment;
  return parent;
}

Parent find_forwarded(const codecs::TraceContext& seen) {
  Parent parent;
  for (const ContextReference& reference : thread_state.recent) {
    codecs::TraceContext identity;
    bool equal = false;
    const bool live =
        read_consistently(reference, [&](const Exchange& exchange) SEAMTRACE_MAY_BE_TORN {
          equal = exchange.remote.valid &&
                  memcmp(exchange.remote.trace_id, seen.trace_id, 16) == 0 &&
                  memcmp(exchange.remote.span_id, seen.span_id, 8) == 0;
          identity = exchange.identity;
        });
    if (!live || !equal) continue;
    if (parent.identity.valid) return {};
    parent.identity = identity;
    parent.reference = reference;
    parent.association = wire::Association::kExact;
  }
  return parent;
}

namespace {
CarriedText copy_environment(char* tracestate, uint32_t tracestate_capacity, char* baggage,
                             uint32_t baggage_capacity) {
  CarriedText text;
  bool invalid = false;
  if (settings.environment_tracestate != nullptr)
    text.tracestate_size = static_cast<uint32_t>(codecs::append_tracestate(
        tracestate, 0, tracestate_capacity, settings.environment_tracestate, invalid));
  if (settings.environment_baggage != nullptr)
    text.baggage_size = static_cast<uint32_t>(
        codecs::append_baggage(baggage, 0, baggage_capacity, settings.environment_baggage));
  return text;
}
}  // namespace

bool may_carry(const Parent& parent) {
  if (parent.association == wire::Association::kEnvironment)
    return settings.environment_tracestate != nullptr || settings.environment_baggage != nullptr;
  return parent.reference.exchange != nullptr && parent.reference.exchange->carrier != nullptr;
}

CarriedText copy_carrier(const Parent& parent, char* tracestate, uint32_t tracestate_capacity,
                         char* baggage, uint32_t baggage_capacity) {
  if (parent.association == wire::Association::kEnvironment)
    return copy_environment(tracestate, tracestate_capacity, baggage, baggage_capacity);
  const ContextReference& reference = parent.reference;
  CarriedText text;
  const bool consistent =
      read_consistently(reference, [&](const Exchange& exchange) SEAMTRACE_MAY_BE_TORN {
        const Carrier* carrier = exchange.carrier;
        if (carrier == nullptr) return;
        if (carrier->tracestate_size <= tracestate_capacity) {
          text.tracestate_size = carrier->tracestate_size;
          memcpy(tracestate, carrier->tracestate, text.tracestate_size);
        }
        if (carrier->baggage_size <= baggage_capacity) {
          text.baggage_size = carrier->baggage_size;
          memcpy(baggage, carrier->baggage, text.baggage_size);
        }
      });
  return consistent ? text : CarriedText{};
}

codecs::TraceContext child_of(const codecs::TraceContext& parent) {
  codecs::TraceContext identity;
  identity.valid = true;
  if (parent.valid) {
    memcpy(identity.trace_id, parent.trace_id, sizeof identity.trace_id);
    identity.flags = parent.flags;
  } else {
    spans::generate_trace_id(identity);
    identity.flags = codecs::kFlagRandom;
  }
  spans::generate_span_id(identity);
  return identity;
}

void sample_root(codecs::TraceContext& identity) {
  const wire::ControlBlock& control = ring_writer::control();
  bool sampled = false;
  if (tracing_is_on(control)) {
    switch (static_cast<wire::Sampler>(control.sampler.load(std::memory_order_relaxed))) {
      case wire::Sampler::kAlwaysOff:
      case wire::Sampler::kParentBasedAlwaysOff:
        sampled = false;
        break;
      case wire::Sampler::kTraceIdRatio:
      case wire::Sampler::kParentBasedTraceIdRatio:
        sampled = ratio_keeps(control, identity);
        break;
      default:
        sampled = true;
        break;
    }
  }
  set_sampled(identity, sampled);
}

void sample_child(const codecs::TraceContext& remote, codecs::TraceContext& identity) {
  const wire::ControlBlock& control = ring_writer::control();
  bool sampled = false;
  if (tracing_is_on(control)) {
    switch (static_cast<wire::Sampler>(control.sampler.load(std::memory_order_relaxed))) {
      case wire::Sampler::kAlwaysOn:
        sampled = true;
        break;
      case wire::Sampler::kAlwaysOff:
        sampled = false;
        break;
      case wire::Sampler::kTraceIdRatio:
        sampled = ratio_keeps(control, identity);
        break;
      default:
        sampled = (remote.flags & codecs::kFlagSampled) != 0;
        break;
    }
  }
  set_sampled(identity, sampled);
}

codecs::TraceContext sampled_child_of(const Parent& parent) {
  codecs::TraceContext identity = child_of(parent.identity);
  if (!parent.identity.valid)
    sample_root(identity);
  else if (parent.association == wire::Association::kEnvironment)
    sample_child(parent.identity, identity);
  return identity;
}

void remember_for_exec(const Parent& parent) {
  thread_state.exec_parent_valid = parent.identity.valid;
  if (!parent.identity.valid) return;
  memcpy(thread_state.exec_trace_id, parent.identity.trace_id, sizeof thread_state.exec_trace_id);
  memcpy(thread_state.exec_span_id, parent.identity.span_id, sizeof thread_state.exec_span_id);
  thread_state.exec_flags = parent.identity.flags;
}

Parent exec_parent() {
  Parent parent = parent_from(current());
  if (parent.identity.valid || !thread_state.exec_parent_valid) return parent;
  memcpy(parent.identity.trace_id, thread_state.exec_trace_id, sizeof parent.identity.trace_id);
  memcpy(parent.identity.span_id, thread_state.exec_span_id, sizeof parent.identity.span_id);
  parent.identity.flags = thread_state.exec_flags;
  parent.identity.valid = true;
  return parent;
}

void reset() { thread_state = {}; }

}  // namespace seamtrace::agent::context
