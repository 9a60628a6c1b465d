#include "agent/pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "agent/adapters/sqlite/sqlite_adapter.h"
#include "agent/connections/lifecycle.h"
#include "agent/context/context.h"
#include "agent/hooks/next_function.h"
#include "agent/ring_writer/segment_writer.h"
#include "agent/ring_writer/targets.h"
#include "agent/runtime/platform.h"
#include "agent/spans/exchange.h"

namespace seamtrace::agent::pipeline {

using connections::FdEntry;

namespace {

/// The stages, in the order in which a byte meets them.
bool open_stages() {
  return is_first_to_define("seamtrace_bootstrap") && read_settings() &&
         connections::open_table() && connections::open_pools() && spans::open_pools() &&
         open_alive_marker();
}

void begin_anew_in_child() {
  process_state.epoch.fetch_add(1, std::memory_order_relaxed);
  open_alive_marker();
  const uint32_t depth = thread_state.depth;
  const context::Parent forked_under = context::parent_from(thread_state.current);
  context::reset();
  thread_state.depth = depth;
  thread_state.epoch = process_state.epoch.load(std::memory_order_relaxed);
  context::remember_for_exec(forked_under);
  process_state.has_served.store(false, std::memory_order_relaxed);
  ring_writer::forget_segment();
  ring_writer::unlock_targets_after_fork();
  connections::after_fork();
  adapters::sqlite::after_fork();
  spans::reset_pools();
}

long socket_type(int fd) {
  if (sandboxed.load(std::memory_order_relaxed)) return -EPERM;
  // A filter inherited from outside may kill a process that has no business with sockets for asking
  // about one; stdio asks for the kind of a file just so.
  struct stat status {};
  if (raw_syscall(SYS_newfstatat, fd, as_argument(""), as_argument(&status), AT_EMPTY_PATH) != 0 ||
      !S_ISSOCK(status.st_mode))
    return -ENOTSOCK;
  int type = 0;
  socklen_t size = sizeof type;
  const long result =
      raw_syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, as_argument(&type), as_argument(&size));
  return result < 0 ? result : type;
}

/// Another thread is starting the agent, which takes some dozen microseconds: a connection that is
/// opened meanwhile would never be known for what it is.
Activity wait_for_start() {
  const auto activity = [] { return process_state.activity.load(std::memory_order_acquire); };
  const Entry entry;
  if (entry) wait_briefly([&] { return activity() != Activity::kStarting; });
  return activity();
}

hooks::NextFunction<ssize_t(int, const msghdr*, int)> next_sendmsg("sendmsg");

ssize_t send_message(int fd, const msghdr* message, int flags) {
  if (auto* next = next_sendmsg.get()) return next(fd, message, flags);
  return hooks::as_libc_result(raw_syscall(SYS_sendmsg, fd, as_argument(message), flags));
}

__attribute__((constructor)) void resolve_early() { next_sendmsg.resolve(); }

}  // namespace

bool start() {
  Activity activity = process_state.activity.load(std::memory_order_acquire);
  if (__builtin_expect(activity == Activity::kNotStarted, 0)) {
    const Entry entry;
    if (!entry) return false;
    if (process_state.activity.compare_exchange_strong(activity, Activity::kStarting)) {
      const bool opened = open_stages();
      process_state.epoch.store(1, std::memory_order_relaxed);
      process_state.activity.store(opened ? Activity::kOn : Activity::kOff,
                                   std::memory_order_release);
      return opened;
    }
  }
  if (activity == Activity::kStarting) activity = wait_for_start();
  return activity == Activity::kOn;
}

bool may_start_for(int fd, bool socket_call) {
  if (process_state.activity.load(std::memory_order_acquire) != Activity::kNotStarted) return false;
  if (!socket_call) {
    // An inherited socket (inetd, socket activation) may be used with read and write alone. Each
    // of the first fds is asked about once; later ones come from calls that we see.
    constexpr int kInheritedFds = 64;
    static std::atomic<uint64_t> asked{0};
    if (fd < 0 || fd >= kInheritedFds) return false;
    const uint64_t bit = uint64_t{1} << fd;
    if ((asked.load(std::memory_order_relaxed) & bit) != 0 ||
        (asked.fetch_or(bit, std::memory_order_relaxed) & bit) != 0)
      return false;
    if (socket_type(fd) != SOCK_STREAM) return false;
  }
  return start();
}

FdEntry examine(int fd, FdEntry entry, bool socket_call) {
  // A socket() that was never connected through us: only a socket call is worth another look.
  if (entry == connections::kStreamSocket && !socket_call) return entry;
  const Entry inside;
  if (!inside) return connections::kNotTraced;
  check_process();
  return connections::examine(fd);
}

void check_process() {
  if (__builtin_expect(was_forked(), 0)) begin_anew_in_child();
  const uint32_t epoch = process_state.epoch.load(std::memory_order_relaxed);
  if (__builtin_expect(thread_state.epoch != epoch, 0)) {
    const uint32_t depth = thread_state.depth;
    if (thread_state.epoch != 0) thread_state = {};
    thread_state.depth = depth;
    thread_state.epoch = epoch;
    thread_state.tid = current_tid();
  }
}

void note_reentry() {
  // The counters lie in a mapping that a forked child does not have.
  if (seamtrace_in_vfork_child == 0 && !was_forked())
    ring_writer::count(wire::Counter::bypass_reentrant);
}

namespace {

/// The same of a read or write.
void note_unseen_transfer(FdEntry entry) {
  note_reentry();
  if (seamtrace_in_vfork_child == 0) connections::note_unseen(entry);
}

}  // namespace

void after_read(int fd, FdEntry entry, const iovec* buffers, size_t count, int flags,
                ssize_t result) {
  if (result < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if ((flags & (MSG_PEEK | MSG_ERRQUEUE | MSG_OOB)) != 0) return;  // not taken from the stream
  const Entry inside;
  if (!inside) return note_unseen_transfer(entry);
  check_process();
  if ((flags & MSG_TRUNC) != 0 && result > 0) {
    connections::received_opaque(fd, entry, result);
    return;
  }
  bool wanted_any = false;
  for (size_t i = 0; result == 0 && i < count; ++i) wanted_any |= buffers[i].iov_len != 0;
  connections::received(fd, entry, buffers, count, result, wanted_any);
}

Write before_write(connections::Outgoing& outgoing) {
  const Entry inside;
  if (!inside) {
    note_unseen_transfer(outgoing.entry());
    return Write::kPassThrough;
  }
  check_process();
  return outgoing.prepare() ? Write::kEdited : Write::kAsItIs;
}

ssize_t write_edited(connections::Outgoing& outgoing, const msghdr* message) {
  return outgoing.send_edited(send_message, message);
}

void after_write(connections::Outgoing& outgoing, ssize_t result) {
  if (result < 0 && errno == EINTR && !outgoing.parsed()) return;
  const Entry inside;
  if (!inside) return note_unseen_transfer(outgoing.entry());
  check_process();
  outgoing.settle(result);
}

bool flush_before_opaque(int fd, FdEntry entry) {
  if (connections::connection_in(entry)->leftover.left() == 0) return true;
  connections::Outgoing nothing(fd, entry, nullptr, 0, 0);
  {
    const Entry inside;
    if (!inside || !nothing.prepare_flush()) return true;
  }
  return nothing.flush_leftover(send_message);
}

void after_opaque_write(int fd, FdEntry entry, ssize_t result) {
  with_agent([&] { connections::sent_opaque(fd, entry, result); });
}

void after_opaque_read(int fd, FdEntry entry, ssize_t result) {
  with_agent([&] { connections::received_opaque(fd, entry, result); });
}

}  // namespace seamtrace::agent::pipeline
