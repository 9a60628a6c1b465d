// Store: traces and their roll-ups in one SQLite file.
// Path:    process -> [store] -> query
// Owner:   the Collector owns the Store; every reader has a StoreReader of its own.
// Threads: Store: one writer. StoreReader: one thread each; a reader sees whole commits only.
// Memory:  the traces of the last seconds are kept unpacked, bounded.
// Failure: an Error with a sentence; a full disk or a damaged file never stops tracing.
// Source:  collector/store/FORMAT.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/process/batch.h"
#include "collector/store/trace_row.h"
#include "collector/support/result.h"

namespace seamtrace::collector {

struct StoreOptions {
  std::string path;
  uint64_t most_bytes = 1ull << 30;        ///< of the file; the traces that came first go first
  uint64_t longest_age_s = 7 * 24 * 3600;  ///< of a trace since it came
};

struct StoreStatistics {
  uint64_t traces = 0;
  uint64_t spans = 0;          ///< in the file now
  uint64_t spans_written = 0;  ///< by this process
  uint64_t spans_dropped = 0;  ///< by this process: their trace was full (FORMAT.md, "chunk")
  uint64_t duplicates = 0;     ///< spans that were there already
  uint64_t bytes = 0;          ///< of the file with its WAL
  uint64_t oldest_unix_ns = 0;
  uint64_t change = 0;  ///< the last commit's
  uint64_t removed_traces = 0;
  std::string path;
  std::string last_error;  ///< empty: the last commit went well, and no reader met damage
};

class Store {
 public:
  /// Opens or makes the file, and its folder. An older format is migrated. Errors: the file is of
  /// a newer version, is no store, or is damaged; each says what to do.
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options);
  virtual ~Store() = default;

  /// All spans of the batches, in one transaction: afterwards they survive the end of this
  /// process, or none of them is there. Spans that are there already (same trace, same span id)
  /// are left out, and those of a trace that is full, which are counted. None: well.
  virtual std::optional<Error> write(const std::vector<BatchPtr>& batches) = 0;

  /// Removes what is too old or too much; at most a slice of work at a time. True: more is to do.
  virtual bool clean() = 0;

  virtual StoreStatistics statistics() const = 0;
};

class StoreReader {
 public:
  /// Read only. Errors as Store::open, and: there is no such file.
  static Result<std::unique_ptr<StoreReader>> open(const std::string& path);
  virtual ~StoreReader() = default;

  /// Traces that overlap the range, latest start first, until `visit` says false.
  /// `before_row`: begin after this row of an earlier scan (its start and row), or null.
  virtual std::optional<Error> scan(TimeRange range, const TraceRow* before_row,
                                    const std::function<bool(const TraceRow&)>& visit) = 0;
  /// Traces that a commit after `change` made or added to, latest change first.
  virtual std::optional<Error> scan_changes(uint64_t change,
                                            const std::function<bool(const TraceRow&)>& visit) = 0;
  virtual std::optional<TraceRow> find(const TraceId& trace_id) = 0;
  /// Every span of a trace, by start. Errors: it is gone, or its bytes are damaged.
  virtual Result<SpanList> load(int64_t row) = 0;

  /// An empty service: of all.
  virtual Result<std::vector<Rollup>> rollups(TimeRange range, const std::string& service) = 0;
  virtual Result<std::vector<EdgeRollup>> edges(TimeRange range) = 0;
  /// The first minute that has roll-ups, in seconds since 1970; UINT64_MAX: none has. What began
  /// before its end is not told wholly: roll-ups are removed from the oldest on, and a file of
  /// format 0 had none.
  virtual Result<uint64_t> first_rollup_unix_s() = 0;
  /// Attribute keys that occur in the store, most frequent first, span and resource alike.
  virtual Result<std::vector<std::string>> attribute_keys() = 0;
  /// Some values of a key, most frequent first as far as known.
  virtual Result<std::vector<std::string>> attribute_values(const std::string& key,
                                                            size_t most) = 0;

  /// The last commit's number.
  virtual uint64_t change() = 0;
  virtual StoreStatistics statistics() = 0;
};

}  // namespace seamtrace::collector
