// Questions about services: what they do, how fast, with whom.
// Path:    query_api -> [services] -> roll-ups of the store
// Threads: pure functions but for the reader.
// Failure: 400 for parameters that make no sense, 500 when the store cannot be read.
// Source:  docs/query_api.md has the parameters and the shape of each answer.
#pragma once

#include "collector/query/query_api.h"
#include "collector/query/question.h"
#include "collector/store/store.h"

namespace seamtrace::collector::services {

QueryAnswer list_services(StoreReader& store, const Question& question);
QueryAnswer list_operations(StoreReader& store, const Question& question);
QueryAnswer series(StoreReader& store, const Question& question);
QueryAnswer databases(StoreReader& store, const Question& question);
QueryAnswer service_map(StoreReader& store, const Question& question);
QueryAnswer compare(StoreReader& store, const Question& question);
QueryAnswer bottlenecks(StoreReader& store, const Question& question);

}  // namespace seamtrace::collector::services
