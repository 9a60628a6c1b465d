// TraceLoader: one trace of the file, unpacked.
// Path:    inside the store's reader
// Owner:   the reader; its Database and EntryReader outlive it.
// Failure: a sentence: the trace is gone, or its bytes are damaged.
#pragma once

#include "collector/store/chunk.h"
#include "collector/store/database.h"
#include "collector/store/entry_reader.h"
#include "collector/support/result.h"

namespace seamtrace::collector::store {

class TraceLoader {
 public:
  TraceLoader(Database& database, EntryReader& entries);

  /// Every span, by start.
  Result<SpanList> load(int64_t row);

 private:
  Database& database_;
  EntryReader& entries_;
  Statement find_row_, read_chunks_;
  ChunkPacker packer_;
};

}  // namespace seamtrace::collector::store
