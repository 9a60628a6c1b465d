#include "collector/store/retention.h"

#include <algorithm>

#include "collector/store/chunk.h"
#include "collector/store/dictionary.h"

namespace seamtrace::collector::store {
namespace {

constexpr int64_t kTracesPerSlice = 500;
constexpr int64_t kRollupsPerSlice = 2000;
constexpr int64_t kPagesPerSlice = 1000;
constexpr uint64_t kSecond = 1'000'000'000u;
constexpr uint64_t kMostLogBytes = 32 << 20;

struct Pages {
  int64_t all = 0, free = 0, size = 0;

  uint64_t bytes() const { return static_cast<uint64_t>(all * size); }
  uint64_t used_bytes() const { return static_cast<uint64_t>((all - free) * size); }
};

Pages count_pages(Database& database) {
  return {database.integer("PRAGMA page_count"), database.integer("PRAGMA freelist_count"),
          database.integer("PRAGMA page_size", 4096)};
}

uint64_t file_limit(const StoreOptions& options) { return options.most_bytes - log_share(options); }

/// Removes the oldest traces that began before `before`.
void remove_traces(Database& database, int64_t before, Slice& slice) {
  Statement find =
      database.prepare("SELECT row, spans FROM trace WHERE start < ?1 ORDER BY start LIMIT ?2");
  find.bind(1, before).bind(2, kTracesPerSlice);
  const size_t first = slice.rows.size();
  while (find.step()) {
    slice.rows.push_back(find.integer(0));
    slice.spans += find.natural(1);
  }
  find.reset();
  Statement remove_chunks = database.prepare("DELETE FROM chunk WHERE id BETWEEN ?1 AND ?2");
  Statement remove_row = database.prepare("DELETE FROM trace WHERE row = ?1");
  for (size_t i = first; i < slice.rows.size(); ++i) {
    const int64_t row = slice.rows[i];
    remove_chunks.bind(1, first_chunk(row)).bind(2, last_chunk(row)).run();
    remove_row.bind(1, row).run();
  }
  slice.more |= slice.rows.size() - first == static_cast<size_t>(kTracesPerSlice);
}

/// Removes the oldest roll-ups of minutes before `minute`.
void remove_rollups(Database& database, int64_t minute, Slice& slice) {
  Statement remove = database.prepare(
      "DELETE FROM rollup WHERE (minute, entry) IN (SELECT minute, entry FROM rollup WHERE "
      "minute < ?1 ORDER BY minute, entry LIMIT ?2)");
  remove.bind(1, minute).bind(2, kRollupsPerSlice).run();
  slice.rollups |= database.changed_rows() > 0;
  slice.more |= database.changed_rows() == kRollupsPerSlice;
}

/// Removes entries that no trace and no roll-up refers to any more.
void remove_entries(Database& database, int64_t& gone_epoch, Slice& slice) {
  const int64_t first_row =
      database.integer("SELECT coalesce(min(row), (SELECT next_row FROM state)) FROM trace");
  const int64_t epoch = first_row / kRowsPerEpoch;
  if (epoch <= gone_epoch) return;
  Statement remove = database.prepare(
      "DELETE FROM entry WHERE used < ?1 AND id NOT IN (SELECT entry FROM rollup)");
  remove.bind(1, epoch).run();
  slice.entries |= database.changed_rows() > 0;
  gone_epoch = epoch;
}

}  // namespace

uint64_t log_share(const StoreOptions& options) {
  return std::min(kMostLogBytes, options.most_bytes / 8);
}

Slice remove_slice(Database& database, const StoreOptions& options, uint64_t now_unix_ns,
                   int64_t& gone_epoch) {
  Slice slice;
  const uint64_t longest_ns = options.longest_age_s < INT64_MAX / kSecond
                                  ? options.longest_age_s * kSecond
                                  : uint64_t{INT64_MAX};
  const auto cutoff = static_cast<int64_t>(now_unix_ns > longest_ns ? now_unix_ns - longest_ns : 0);
  remove_traces(database, cutoff, slice);
  remove_rollups(database, cutoff / static_cast<int64_t>(60 * kSecond), slice);
  if (!slice.more && count_pages(database).used_bytes() > file_limit(options)) {
    remove_traces(database, INT64_MAX, slice);
    if (slice.rows.empty()) remove_rollups(database, INT64_MAX, slice);
  }
  remove_entries(database, gone_epoch, slice);
  return slice;
}

bool shrink_file(Database& database, const StoreOptions& options) {
  const Pages pages = count_pages(database);
  const bool too_long = pages.bytes() > file_limit(options);
  if (pages.free == 0 || !(too_long || pages.free > pages.all / 4)) return false;
  database.run("PRAGMA incremental_vacuum(" + std::to_string(kPagesPerSlice) + ")");
  if (database.failed()) return false;
  if (pages.free > kPagesPerSlice) return true;
  // The file itself is cut when the log is copied back into it.
  database.run("PRAGMA wal_checkpoint(PASSIVE)");
  return false;
}

}  // namespace seamtrace::collector::store
