// Signals: the program is to see exactly those that it would see without us.
// Path:    a support type of `seamtrace run`
// Threads: none may exist besides the caller's.
#pragma once

#include <signal.h>
#include <sys/types.h>

namespace seamtrace::cli {

/// How signals stood when this program was started: what the traced program must inherit.
struct SignalState {
  sigset_t mask;
  struct sigaction child;
  struct sigaction pipe;
};

/// How things stand. From now on a reader of our own output that has gone ends nothing: neither
/// the program's start nor its exit code hangs on who listens to us.
SignalState note_signals();

/// Blocks every signal that can be passed on, so that none is lost from now on.
void hold_signals();

/// The program has ended: signals mean this process again. A reader that has gone still does not.
void release_signals(const SignalState& state);

/// As it stood, in all. Before exec.
void restore_signals(const SignalState& state);

/// Waits until `program` has ended and returns its wait status. Meanwhile passes signals on,
/// except those that the terminal sent to the whole foreground group, and stops and continues
/// together with the program.
int wait_and_pass_signals(pid_t program);

/// Ends this process by `signal`, without a core dump of our own. Returns only when that is
/// impossible (process 1 of a container).
void die_by_signal(int signal);

}  // namespace seamtrace::cli
