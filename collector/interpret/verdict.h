// Verdict: did the exchange go well, and if not, what is the error called?
// Source:  semantic conventions, HTTP spans, "status" and `error.type`.
#pragma once

#include <optional>
#include <string_view>

#include "collector/interpret/span.h"
#include "collector/ring_reader/record.h"
#include "collector/support/arena.h"

namespace seamtrace::collector {

struct Verdict {
  StatusCode status = StatusCode::kUnset;
  std::string_view error_type;  ///< empty: no error
  std::string_view message;     ///< never holds anything of the request
};

/// The process exited by itself when its answer was under way: most likely all of it was sent,
/// and only the end was not seen. The status counts, not the exit.
bool answered_before_exit(const wire::ExchangeRecord& exchange, const std::optional<Death>& death);

/// `status_code`: the final one of HTTP, 0 when none was seen.
Verdict judge(Arena& arena, const wire::ExchangeRecord& exchange, int status_code,
              const std::optional<Death>& death);

/// `SIGKILL`; `signal 35` for one without a name.
std::string_view signal_name(Arena& arena, int signal);

}  // namespace seamtrace::collector
