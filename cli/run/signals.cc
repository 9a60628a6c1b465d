#include "cli/run/signals.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

namespace seamtrace::cli {

namespace {

/// All but those that cannot be held, and those that a fault of our own would raise.
sigset_t passable() {
  sigset_t set;
  sigfillset(&set);
  for (const int signal : {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS,
                           SIGABRT, SIGPIPE, SIGXCPU, SIGXFSZ})
    sigdelset(&set, signal);
  return set;
}

}  // namespace

SignalState note_signals() {
  SignalState state{};
  sigaction(SIGCHLD, nullptr, &state.child);
  struct sigaction ignored {};
  ignored.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignored, &state.pipe);
  sigprocmask(SIG_BLOCK, nullptr, &state.mask);
  return state;
}

void hold_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  // A SIGCHLD that was ignored would take the program's wait status away from us.
  sigaction(SIGCHLD, &standard, nullptr);
  const sigset_t set = passable();
  sigprocmask(SIG_BLOCK, &set, nullptr);
}

void release_signals(const SignalState& state) {
  sigaction(SIGCHLD, &state.child, nullptr);
  sigprocmask(SIG_SETMASK, &state.mask, nullptr);
}

void restore_signals(const SignalState& state) {
  sigaction(SIGPIPE, &state.pipe, nullptr);
  release_signals(state);
}

int wait_and_pass_signals(pid_t program) {
  const sigset_t set = passable();
  for (;;) {
    // Looked at first: the program may have ended before the first wait.
    int status = 0;
    const pid_t ended = ::waitpid(program, &status, WNOHANG | WUNTRACED);
    if (ended < 0 && errno != EINTR) return 0;
    if (ended == program) {
      if (!WIFSTOPPED(status)) return status;
      // The shell waits for us: it must see the job stop.
      ::kill(::getpid(), SIGSTOP);
      continue;
    }
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&set, &info);
    if (signal < 0 || signal == SIGCHLD) continue;
    // From the terminal: the program is in the same foreground group and has got it already.
    const bool has_it = info.si_code == SI_KERNEL;
    if (!has_it) ::kill(program, signal);
  }
}

void die_by_signal(int signal) {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  sigaction(signal, &standard, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  ::kill(::getpid(), signal);
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace seamtrace::cli
