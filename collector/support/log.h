// Log: one line on stderr, for the operator.
// Path:    everyone in the collector -> stderr
// Threads: any.
// Failure: a flood is cut: after a burst of lines only a few a second pass, and the next line
//          says how many were left out.
#pragma once

#include <string_view>

namespace seamtrace::collector {

enum class LogLevel { kError = 0, kWarning = 1, kInfo = 2 };

/// Lines above `level` are not printed. The default is kWarning.
void set_log_level(LogLevel level);

/// Prints `seamtrace: message` (errors and information) or `seamtrace: warning: message`.
/// Control characters become spaces.
void log(LogLevel level, std::string_view message);

}  // namespace seamtrace::collector
