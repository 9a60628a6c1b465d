// Retention: what is too old or too much leaves the file, in small slices.
// Path:    inside the store's writer
// Threads: the writer's, within its transaction.
// Failure: the Database's.
//
// Traces go in the order of their coming, and their age is the time since they came: what a span
// says of its own time may be wrong by years, in either direction. Roll-ups may take their share
// of the file, no more: what is left is the traces'.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/store/database.h"
#include "collector/store/store.h"

namespace seamtrace::collector::store {

/// What one slice removed, and whether there is more.
struct Slice {
  std::vector<int64_t> rows;  ///< of traces
  uint64_t spans = 0;
  bool entries = false;       ///< entries of the dictionary are gone
  bool rollups = false;       ///< roll-ups are gone
  uint64_t rollup_bytes = 0;  ///< that they took, about
  bool more = false;
};

/// How much of the limit the write-ahead log may take.
uint64_t log_share(const StoreOptions& options);
/// How much of it is the file's.
uint64_t file_limit(const StoreOptions& options);

/// REQUIRES: a transaction is open. `rollup_bytes`: what roll-ups take. `gone_row`: entries that
/// only traces before it used have been removed already; moved on.
Slice remove_slice(Database& database, const StoreOptions& options, uint64_t now_unix_ns,
                   uint64_t rollup_bytes, int64_t& gone_row);

/// Gives free pages back to the system, some at a time, where the file is longer than its limit
/// or much of it is empty. REQUIRES: no transaction is open. True: there is more to do.
bool shrink_file(Database& database, const StoreOptions& options);

}  // namespace seamtrace::collector::store
