// ConsoleExporter: traces as trees, or spans as lines of JSON, to a file descriptor.
// Path:    process -> [export/console] -> stdout or stderr
// Owner:   the Collector; destroying it prints what it still holds.
// Threads: one of its own does the work; every function may be called from any thread.
// Memory:  the queue of batches, and at most `held_spans` copied spans of unfinished traces.
//          A batch counts as done once it is copied: a request that goes on for an hour must
//          not hold back the acknowledgement of all others.
// Failure: what cannot be written is dropped and counted as `write_failed`.
#pragma once

#include <memory>

#include "collector/export/console/trace_buffer.h"
#include "collector/export/exporter.h"

namespace seamtrace::collector {

struct ConsoleOptions {
  int fd = 1;  ///< not closed
  bool json = false;
  bool colour = false;
  size_t queue_spans = 2048;
  TraceBuffer::Options traces;
};

std::unique_ptr<Exporter> make_console_exporter(ConsoleOptions options);

/// True when `fd` is a terminal that wants colours: NO_COLOR is unset or empty and TERM is not
/// `dumb`.
bool wants_colour(int fd);

}  // namespace seamtrace::collector
