// What the hooks of reading and writing share.
#pragma once

#include "agent/connections/lifecycle.h"
#include "agent/connections/transfer.h"
#include "agent/hooks/next_function.h"
#include "agent/pipeline.h"
#include "agent/runtime/thread_state.h"

namespace seamtrace::agent::hooks {

/// Beyond it the kernel refuses a gathered call (UIO_MAXIOV).
inline constexpr size_t kMostBuffers = 1024;

/// The entry of an fd in a call that only sockets have, or that any fd has.
enum class CallOf { kSocket, kAnyFd };

inline connections::FdEntry look_up(int fd, CallOf call) {
  if (!agent_is_on()) {
    if (!pipeline::may_start_for(fd, call == CallOf::kSocket)) return connections::kNotTraced;
  }
  const connections::FdEntry entry = connections::entry_of(fd);
  if (__builtin_expect(entry == connections::kUnknown || entry == connections::kStreamSocket, 0))
    return pipeline::examine(fd, entry, call == CallOf::kSocket);
  return entry;
}

/// Runs a read and shows its bytes to the connection. `original` makes the call.
template <typename Original>
ssize_t traced_read(int fd, const iovec* buffers, size_t count, int flags, CallOf call,
                    Original original) {
  const connections::FdEntry entry = look_up(fd, call);
  if (__builtin_expect(!connections::is_connection(entry), 1)) return original();
  const ssize_t result = original();
  pipeline::after_read(fd, entry, buffers, count, flags, result);
  return result;
}

/// Runs a write; adds context where that is wanted. `original` makes the call as the program meant
/// it; `message` holds control data to pass on.
template <typename Original>
ssize_t traced_write(int fd, const iovec* buffers, size_t count, int flags, const msghdr* message,
                     CallOf call, Original original) {
  const connections::FdEntry entry = look_up(fd, call);
  if (__builtin_expect(!connections::is_connection(entry), 1) || count > kMostBuffers)
    return original();
  connections::Outgoing outgoing(fd, entry, buffers, count, flags);
  switch (pipeline::before_write(outgoing)) {
    case pipeline::Write::kPassThrough:
      return original();
    case pipeline::Write::kEdited: {
      const ssize_t result = pipeline::write_edited(outgoing, message);
      if (result >= 0 || errno != ENOTSOCK) return result;
      return original();  // the number has come to mean something else behind our back
    }
    case pipeline::Write::kAsItIs:
      break;
  }
  const ssize_t result = original();
  pipeline::after_write(outgoing, result);
  return result;
}

}  // namespace seamtrace::agent::hooks
