// The part of StoreWriter that removes.
#include <algorithm>
#include <unordered_set>

#include "collector/store/retention.h"
#include "collector/store/store_writer.h"

namespace seamtrace::collector::store {

Result<bool> StoreWriter::clean(const StoreOptions& options, uint64_t now_unix_ns) {
  if (!loaded_) {
    if (std::optional<Error> error = load()) return *error;
  }
  dictionary_.set_room(file_limit(options));
  if (!database_->run("BEGIN IMMEDIATE")) return *fail();
  int64_t gone_row = gone_row_;
  const Slice slice = remove_slice(*database_, options, now_unix_ns, state_.rollup_bytes, gone_row);
  const bool removed = !slice.rows.empty() || slice.entries || slice.rollups;
  state_.traces -= std::min<uint64_t>(state_.traces, slice.rows.size());
  state_.spans -= std::min(state_.spans, slice.spans);
  state_.removed_traces += slice.rows.size();
  state_.rollup_bytes -= std::min(state_.rollup_bytes, slice.rollup_bytes);
  if (removed && !database_->failed()) write_state();
  if (!commit()) return *fail();
  gone_row_ = gone_row;
  if (slice.rollups) rollups_.forget();
  // Entries that are gone must not be referred to: memory begins anew from the file.
  if (slice.entries) loaded_ = false;
  const std::unordered_set<int64_t> rows(slice.rows.begin(), slice.rows.end());
  std::erase_if(traces_, [&](const auto& entry) {
    if (!rows.contains(entry.second.row)) return false;
    remembered_spans_ -= entry.second.spans().size();
    return true;
  });
  if (!slice.rows.empty()) read_oldest();
  const bool more_pages = shrink_file(*database_, options);
  if (database_->failed()) return *fail();
  return slice.more || more_pages;
}

}  // namespace seamtrace::collector::store
