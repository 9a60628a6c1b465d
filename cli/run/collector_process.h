// CollectorProcess: a collector of our own, beside the program.
// Path:    a support type of `seamtrace run`
// Owner:   the run; when it ends, or dies, the collector goes on until no process that it
//          serves is left, exports what there is, and ends.
//          While another collector serves this user it stands by, and takes over when that one
//          ends: it may belong to another run, whose program ends before ours.
// Threads: forked before any thread exists.
// Failure: an Error with a sentence.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>

#include "cli/exporters.h"
#include "collector/support/configuration.h"
#include "collector/support/file_descriptor.h"
#include "collector/support/result.h"

namespace seamtrace::cli {

class CollectorProcess {
 public:
  struct Options {
    collector::Configuration configuration;
    ExporterPlan plan;
    ConsoleWishes console;
    bool quiet = false;
  };

  /// Returns once the collector answers questions, or stands by.
  static collector::Result<CollectorProcess> start(const Options& options);

  pid_t pid() const { return pid_; }
  /// Of its web viewer; empty when there is none.
  const std::string& viewer_url() const { return viewer_url_; }
  /// Another collector serves this user.
  bool stands_by() const { return stands_by_; }

  /// Tells it that the run is over, and waits at most `limit` for its end: it does not end while
  /// it serves other processes. True: it has ended.
  bool release(std::chrono::milliseconds limit);

 private:
  CollectorProcess(pid_t pid, collector::FileDescriptor lifeline)
      : pid_(pid), lifeline_(std::move(lifeline)) {}

  pid_t pid_;
  std::string viewer_url_;
  bool stands_by_ = false;
  collector::FileDescriptor lifeline_;  ///< the collector notices when it is closed
};

/// Says on stderr where the traces are shown; nothing for an empty address.
void announce_viewer(const std::string& url);

}  // namespace seamtrace::cli
