// MemoryStore: a StoreReader whose traces stand in memory, put there by a test.
// Path:    tests -> [memory store] -> query
// Memory:  load() copies, as the real one unpacks.
// Failure: load() of a row in `damaged` says so.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collector/store/store.h"

namespace seamtrace::collector::testing {

class MemoryStore : public StoreReader {
 public:
  /// One trace with all its spans; its change is one more than the last. Returns its row. A trace
  /// that is there already gets the spans too.
  int64_t add(SpanList list);

  // What a test wants to be told; the test fills it in.
  std::vector<Rollup> all_rollups;
  std::vector<EdgeRollup> all_edges;
  std::vector<std::string> keys;
  std::map<std::string, std::vector<std::string>> values;
  std::set<int64_t> damaged;

  size_t loads = 0;  ///< how often a trace was unpacked

  std::optional<Error> scan(TimeRange range, const TraceRow* before_row,
                            const std::function<bool(const TraceRow&)>& visit) override;
  std::optional<Error> scan_changes(uint64_t change,
                                    const std::function<bool(const TraceRow&)>& visit) override;
  std::optional<TraceRow> find(const TraceId& trace_id) override;
  Result<SpanList> load(int64_t row) override;
  Result<std::vector<Rollup>> rollups(TimeRange range, const std::string& service) override;
  Result<std::vector<EdgeRollup>> edges(TimeRange range) override;
  Result<uint64_t> first_rollup_unix_s() override;
  Result<std::vector<std::string>> attribute_keys() override { return keys; }
  Result<std::vector<std::string>> attribute_values(const std::string& key, size_t most) override;
  uint64_t change() override { return change_; }
  StoreStatistics statistics() override;

 private:
  struct Entry {
    TraceRow row;
    SpanList list;
  };
  std::vector<Entry> entries_;
  uint64_t change_ = 0;
};

}  // namespace seamtrace::collector::testing
