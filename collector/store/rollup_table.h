// RollupTable: the roll-ups of operations and edges that are being added to.
// Path:    inside the store's writer
// Owner:   the writer; borrows its Database.
// Memory:  the cells of the last minutes; bounded, the rest is read again when it is needed.
// Failure: the Database's; after a roll-back the owner calls forget().
// Source:  collector/store/FORMAT.md, "rollup".
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collector/store/database.h"
#include "collector/store/trace_row.h"

namespace seamtrace::collector::store {

/// One span, or one call, as a roll-up counts it.
struct Sample {
  uint64_t start_ns = 0;
  uint64_t duration_ns = 0;
  bool error = false;
  uint64_t hits = 0;
  uint64_t misses = 0;
  TraceId trace_id{};
};

/// What a row of the table holds.
struct RollupCell {
  uint64_t count = 0, errors = 0, total_ns = 0, hits = 0, misses = 0, slowest_ns = 0;
  TraceId slowest{}, error{};
  Histogram durations, error_durations;
};

/// The columns of a roll-up from number `first` on: count, errors, total, hits, misses, slowest,
/// slowest_id, error_id, durations, error_durations. False: the row is damaged.
bool read_rollup_cell(const Statement& row, int first, RollupCell& cell);

class RollupTable {
 public:
  explicit RollupTable(Database& database);

  void add(uint32_t entry, const Sample& sample);
  /// REQUIRES: it was added. Where it was the slowest or the failed one, no trace is told until
  /// the next that is slower or fails.
  void remove(uint32_t entry, const Sample& sample);
  /// Writes what changed.
  bool flush();
  void forget();
  /// The bytes by which flush() made the table longer, or shorter, since this was last asked.
  int64_t take_growth() { return std::exchange(growth_, 0); }

 private:
  struct Cell {
    RollupCell values;
    uint64_t stored = 0;  ///< bytes of the row in the file, 0: there is none
    bool changed = false;
  };
  Cell& cell(uint64_t minute, uint32_t entry);
  void change(Cell& cell, uint64_t key);

  Database& database_;
  Statement read_, write_, remove_;
  std::unordered_map<uint64_t, Cell> cells_;  ///< by minute << 32 | entry
  std::vector<uint64_t> changed_;
  int64_t growth_ = 0;
};

}  // namespace seamtrace::collector::store
