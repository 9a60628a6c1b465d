// Pipeline: the wiring of the agent. Hooks call it; it starts the agent, enters and leaves it, and
// calls the stages.
// Path:    hooks -> [pipeline] -> connections, context
// Threads: any.
// Failure: passes through.
#pragma once

#include <sys/socket.h>

#include "agent/connections/fd_table.h"
#include "agent/connections/transfer.h"
#include "agent/runtime/process_state.h"
#include "agent/runtime/thread_state.h"

namespace seamtrace::agent::pipeline {

/// Starts the agent unless that was tried before. True when it is on.
bool start();

/// The agent is not on: whether this call is a reason to start it (it is on afterwards).
/// A socket call is; a call of any fd is only if the fd turns out to be an inherited socket.
bool may_start_for(int fd, bool socket_call);

/// The entry of an fd that we know nothing of, or that was never seen to be connected.
connections::FdEntry examine(int fd, connections::FdEntry entry, bool socket_call);

void after_read(int fd, connections::FdEntry entry, const iovec* buffers, size_t count, int flags,
                ssize_t result);

enum class Write { kPassThrough, kAsItIs, kEdited };
Write before_write(connections::Outgoing& outgoing);
ssize_t write_edited(connections::Outgoing& outgoing, const msghdr* message);
void after_write(connections::Outgoing& outgoing, ssize_t result);

/// Sends text of ours that waits to go out. False: it could not, and errno says why; the program's
/// call must fail likewise.
bool flush_before_opaque(int fd, connections::FdEntry entry);
void after_opaque_write(int fd, connections::FdEntry entry, ssize_t result);
void after_opaque_read(int fd, connections::FdEntry entry, ssize_t result);

/// A signal handler has interrupted the agent.
void note_reentry();

/// To be called first inside every Entry: a forked child begins anew.
void check_process();

/// Enters the agent for something that is no transfer. f runs inside an Entry, with the agent on.
template <typename F>
void with_agent(F f) {
  if (!agent_is_on()) return;
  const Entry entry;
  if (!entry) {
    note_reentry();
    return;
  }
  check_process();
  f();
}

}  // namespace seamtrace::agent::pipeline
