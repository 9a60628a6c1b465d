// TraceLookup: the trace that an id, or the beginning of one, names.
// Path:    query_api -> [traces]
// Failure: the answer that says why there is none: 400 no id or not enough of it, 404 no trace.
#pragma once

#include <string_view>
#include <variant>

#include "collector/query/query_api.h"
#include "collector/store/store.h"

namespace seamtrace::collector::traces {

std::variant<TraceRow, QueryAnswer> look_up(StoreReader& store, std::string_view id);

}  // namespace seamtrace::collector::traces
