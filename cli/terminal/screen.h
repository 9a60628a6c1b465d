// Screen: the whole terminal for a while, and exactly as it was afterwards.
// Path:    `top` -> [cli/terminal] -> terminal; keys and signals -> `top`
// Owner:   the command. One at a time.
// Threads: one; signals are taken where wait() is called, not in handlers.
// Failure: a terminal that has gone away ends the session.
#pragma once

#include <signal.h>
#include <termios.h>

#include <chrono>
#include <string>
#include <vector>

#include "collector/support/file_descriptor.h"

namespace seamtrace::cli {

class Screen {
 public:
  enum class Event { kTime, kKey, kResize, kEnd };
  struct Input {
    Event event = Event::kTime;
    char key = 0;
  };

  /// REQUIRES: standard output is a terminal. Keys are read where standard input is one, too.
  Screen();
  /// Restores the terminal.
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// Replaces what is shown. Lines are not longer than the terminal is wide; those that do not fit
  /// below are left out.
  void show(const std::vector<std::string>& lines, size_t height);

  /// A key, another size, the end (by a signal, or because the terminal is gone), or the time is
  /// over. A stop (^Z) is done here: the terminal is given back, and taken again afterwards.
  Input wait(std::chrono::milliseconds timeout);

 private:
  void enter();
  void leave();
  void write(const std::string& text);
  Input take_signal();

  termios before_{};
  bool has_keys_ = false;
  bool entered_ = false;
  bool gone_ = false;
  sigset_t old_mask_{};
  collector::FileDescriptor signals_;
};

}  // namespace seamtrace::cli
