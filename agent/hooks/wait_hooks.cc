// Where a thread waits for events: an event loop begins a new iteration there.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "agent/context/context.h"
#include "agent/hooks/io_hooks.h"

namespace seamtrace::agent::hooks {
namespace {

NextFunction<int(int, epoll_event*, int, int)> next_epoll_wait("epoll_wait");
NextFunction<int(int, epoll_event*, int, int, const sigset_t*)> next_epoll_pwait("epoll_pwait");
NextFunction<int(int, epoll_event*, int, const timespec*, const sigset_t*)> next_epoll_pwait2(
    "epoll_pwait2");
NextFunction<int(pollfd*, nfds_t, int)> next_poll("poll");
NextFunction<int(pollfd*, nfds_t, int, size_t)> next_poll_chk("__poll_chk");
NextFunction<int(pollfd*, nfds_t, const timespec*, const sigset_t*)> next_ppoll("ppoll");
NextFunction<int(pollfd*, nfds_t, const timespec*, const sigset_t*, size_t)> next_ppoll_chk(
    "__ppoll_chk");
NextFunction<int(int, fd_set*, fd_set*, fd_set*, timeval*)> next_select("select");
NextFunction<int(int, fd_set*, fd_set*, fd_set*, const timespec*, const sigset_t*)> next_pselect(
    "pselect");

__attribute__((constructor)) void resolve_early() {
  next_epoll_wait.resolve();
  next_epoll_pwait.resolve();
  next_epoll_pwait2.resolve();
  next_poll.resolve();
  next_poll_chk.resolve();
  next_ppoll.resolve();
  next_ppoll_chk.resolve();
  next_select.resolve();
  next_pselect.resolve();
}

constexpr long kKernelSignalSetBytes = 8;

int missing() {
  errno = ENOSYS;
  return -1;
}

int after_epoll(int result) {
  pipeline::with_agent([] { context::iteration_started(); });
  return result;
}

/// poll is also how a thread waits for one answer, or for the next request of its one connection:
/// only a listening socket among the fds, or several server connections, make a loop.
class LoopTest {
 public:
  void add(int fd) {
    switch (connections::loop_role(fd)) {
      case connections::LoopRole::kListener:
        loop_ = true;
        break;
      case connections::LoopRole::kServerConnection:
        loop_ |= ++server_connections_ > 1;
        break;
      case connections::LoopRole::kOther:
        break;
    }
  }
  bool is_loop() const { return loop_; }

 private:
  int server_connections_ = 0;
  bool loop_ = false;
};

int after_poll(const pollfd* fds, nfds_t count, int result) {
  if (result <= 0) return result;  // nothing became ready, or the pointer was bad
  pipeline::with_agent([&] {
    LoopTest test;
    for (nfds_t i = 0; i < count && !test.is_loop(); ++i) test.add(fds[i].fd);
    if (test.is_loop()) context::iteration_started();
  });
  return result;
}

/// The fds of a select call, before the call overwrites them.
bool selects_as_loop(int count, const fd_set* readers) {
  LoopTest test;
  if (readers != nullptr && count <= FD_SETSIZE)
    pipeline::with_agent([&] {
      for (int fd = 0; fd < count && !test.is_loop(); ++fd)
        if (FD_ISSET(fd, readers)) test.add(fd);
    });
  return test.is_loop();
}

int after_select(bool loop, int result) { return loop ? after_epoll(result) : result; }

}  // namespace
}  // namespace seamtrace::agent::hooks

using namespace seamtrace::agent;
using namespace seamtrace::agent::hooks;

SEAMTRACE_HOOK int epoll_wait(int fd, epoll_event* events, int count, int timeout) {
  auto* next = next_epoll_wait.get();
  return after_epoll(next != nullptr ? next(fd, events, count, timeout)
                                     : static_cast<int>(as_libc_result(
                                           raw_syscall(SYS_epoll_pwait, fd, as_argument(events),
                                                       count, timeout, 0, kKernelSignalSetBytes))));
}

SEAMTRACE_HOOK int epoll_pwait(int fd, epoll_event* events, int count, int timeout,
                               const sigset_t* mask) {
  auto* next = next_epoll_pwait.get();
  return after_epoll(next != nullptr ? next(fd, events, count, timeout, mask)
                                     : static_cast<int>(as_libc_result(raw_syscall(
                                           SYS_epoll_pwait, fd, as_argument(events), count, timeout,
                                           as_argument(mask), kKernelSignalSetBytes))));
}

SEAMTRACE_HOOK int epoll_pwait2(int fd, epoll_event* events, int count, const timespec* timeout,
                                const sigset_t* mask) {
  auto* next = next_epoll_pwait2.get();
  return after_epoll(next != nullptr ? next(fd, events, count, timeout, mask) : missing());
}

SEAMTRACE_HOOK int poll(pollfd* fds, nfds_t count, int timeout) {
  auto* next = next_poll.get();
  return after_poll(fds, count, next != nullptr ? next(fds, count, timeout) : missing());
}

SEAMTRACE_HOOK int __poll_chk(pollfd* fds, nfds_t count, int timeout, size_t room) {
  auto* next = next_poll_chk.get();
  return after_poll(fds, count, next != nullptr ? next(fds, count, timeout, room) : missing());
}

SEAMTRACE_HOOK int ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  auto* next = next_ppoll.get();
  return after_poll(fds, count, next != nullptr ? next(fds, count, timeout, mask) : missing());
}

SEAMTRACE_HOOK int __ppoll_chk(pollfd* fds, nfds_t count, const timespec* timeout,
                               const sigset_t* mask, size_t room) {
  auto* next = next_ppoll_chk.get();
  return after_poll(fds, count,
                    next != nullptr ? next(fds, count, timeout, mask, room) : missing());
}

SEAMTRACE_HOOK int select(int count, fd_set* readers, fd_set* writers, fd_set* exceptions,
                          timeval* timeout) {
  const bool loop = selects_as_loop(count, readers);
  auto* next = next_select.get();
  return after_select(
      loop, next != nullptr ? next(count, readers, writers, exceptions, timeout) : missing());
}

SEAMTRACE_HOOK int pselect(int count, fd_set* readers, fd_set* writers, fd_set* exceptions,
                           const timespec* timeout, const sigset_t* mask) {
  const bool loop = selects_as_loop(count, readers);
  auto* next = next_pselect.get();
  return after_select(
      loop, next != nullptr ? next(count, readers, writers, exceptions, timeout, mask) : missing());
}
