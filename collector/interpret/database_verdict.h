// DatabaseVerdict: did the call go well, and if not, what is the error called?
// Source:  semantic conventions, database spans, `db.response.status_code` and `error.type`.
#pragma once

#include <string_view>

#include "collector/interpret/database_head.h"
#include "collector/interpret/verdict.h"
#include "collector/ring_reader/record.h"
#include "collector/support/arena.h"

namespace seamtrace::collector {

/// `code` if it can be one and nothing else, else empty.
std::string_view sound_error_code(wire::Protocol protocol, std::string_view code);

Verdict judge_database(Arena& arena, const Record& record, const DatabaseHead& head);

}  // namespace seamtrace::collector
