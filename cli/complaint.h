// Complaints: what the program has to say against something, on stderr.
// Path:    any command -> [Complaint] -> the terminal
#pragma once

#include <string_view>

namespace seamtrace::cli {

/// `seamtrace: sentence`, fit for a terminal. Gives kExitFailed.
int fail(std::string_view sentence);

/// `seamtrace: warning: sentence`, fit for a terminal.
void warn(std::string_view sentence);

}  // namespace seamtrace::cli
