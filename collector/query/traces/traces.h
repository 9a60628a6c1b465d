// Questions about traces: find them, show one, help to write a query.
// Path:    query_api -> [traces] -> store
// Threads: pure functions but for the reader.
// Failure: 400 for a query that cannot be understood, 404 for a trace that is not there, 500 when
//          the store cannot be read.
// Source:  docs/query_api.md has the parameters and the shape of each answer.
#pragma once

#include <string_view>

#include "collector/query/query_api.h"
#include "collector/query/question.h"
#include "collector/query/traces/large_trace.h"
#include "collector/store/store.h"

namespace seamtrace::collector::traces {

QueryAnswer find_traces(StoreReader& store, const Question& question);
/// `id`: all 32 digits, or the first 8 or more when they name one trace only.
/// Beyond the limits: the first spans only, and `complete` is false.
QueryAnswer show_trace(StoreReader& store, std::string_view id, const TraceLimits& limits);
inline QueryAnswer show_trace(StoreReader& store, std::string_view id) {
  return show_trace(store, id, {});
}
/// Beyond the limits: 400. A file that lacks spans could not say so.
QueryAnswer export_trace(StoreReader& store, std::string_view id, const TraceLimits& limits);
inline QueryAnswer export_trace(StoreReader& store, std::string_view id) {
  return export_trace(store, id, {});
}
QueryAnswer find_typical(StoreReader& store, std::string_view id);
QueryAnswer complete(StoreReader& store, const Question& question);

}  // namespace seamtrace::collector::traces
