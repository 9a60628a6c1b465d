// Liveness: is the producer gone, and how did it end?
// Path:    the kernel -> [ring_reader]
// Owner:   one ExitWatch per segment.
// Failure: what cannot be learned is Death::Kind::kUnknown; a producer is never called dead
//          without proof.
// Source:  pidfd_open(2); linux/pidfd.h (PIDFD_GET_INFO, exit information since Linux 6.15);
//          proc(5), fields 22 and 52 of stat.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "collector/ring_reader/record.h"
#include "collector/support/file_descriptor.h"

namespace seamtrace::collector {

/// Inode of our own pid namespace, 0 when unknown.
uint64_t own_pid_namespace();

struct ProcessState {
  uint64_t start_ticks = 0;
  bool zombie = false;
  std::optional<int> wait_status;  ///< of a zombie that we may look at
};
/// Of a process of our own pid namespace; none when there is none.
std::optional<ProcessState> process_state(uint32_t pid);

/// What a wait status (as waitpid gives it) says.
Death death_from_wait_status(int wait_status);

/// Holds on to one process so that its end can be asked for even after it was reaped.
class ExitWatch {
 public:
  /// Watches nothing: every answer is "unknown".
  ExitWatch() = default;

  /// Watches nothing unless `pid` lives in our pid namespace and began at `start_ticks`.
  ExitWatch(uint32_t pid, uint64_t pid_namespace, uint64_t start_ticks);

  bool watching() const { return static_cast<bool>(pidfd_); }
  /// REQUIRES: watching().
  bool ended() const;
  /// How it ended, once that can be told.
  std::optional<Death> death() const;

 private:
  FileDescriptor pidfd_;
  uint32_t pid_ = 0;
  uint64_t start_ticks_ = 0;
};

}  // namespace seamtrace::collector
