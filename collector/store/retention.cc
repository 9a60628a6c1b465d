#include "collector/store/retention.h"

#include <algorithm>
#include <string>
#include <utility>

#include "collector/store/chunk.h"
#include "collector/store/schema.h"

namespace seamtrace::collector::store {
namespace {

constexpr int64_t kTracesPerSlice = 500;
constexpr int64_t kRollupsPerSlice = 2000;
constexpr int64_t kPagesPerSlice = 1000;
constexpr uint64_t kMostLogBytes = 32 << 20;
constexpr uint64_t kSecond = 1'000'000'000u;
constexpr int64_t kMinutesPerDay = 24 * 60;
/// How exactly it is known when a trace came, in parts of the longest age.
constexpr uint64_t kArrivalsPerAge = 128;
/// Operations and edges that only traces used which are gone are looked for once in so many rows:
/// that reads all roll-ups.
constexpr int64_t kRowsPerKeySweep = 1 << 16;
constexpr int64_t kLeastRowsPerSweep = 256;

/// The pages of the file.
class Pages {
 public:
  explicit Pages(Database& database)
      : all_(database.prepare("PRAGMA page_count")),
        free_(database.prepare("PRAGMA freelist_count")),
        size_(database.integer("PRAGMA page_size", 4096)) {}

  int64_t all() { return value(all_); }
  int64_t free() { return value(free_); }
  uint64_t bytes() { return static_cast<uint64_t>(all() * size_); }
  uint64_t used_bytes() { return static_cast<uint64_t>((all() - free()) * size_); }

 private:
  static int64_t value(Statement& statement) {
    const int64_t result = statement.step() ? statement.integer(0) : 0;
    statement.reset();
    return result;
  }
  Statement all_, free_;
  int64_t size_;
};

/// Notes which row is the next one, now and then.
void note_arrival(Database& database, int64_t now_s, int64_t every_s) {
  // A clock that was set back: what it said before is worth nothing.
  const int64_t ahead =
      database.integer("SELECT count(*) FROM arrival WHERE second > " + std::to_string(now_s));
  if (ahead > 0) database.run("DELETE FROM arrival WHERE second > " + std::to_string(now_s));
  Statement last = database.prepare(
      "SELECT second, row, (SELECT next_row FROM state) FROM arrival ORDER BY second DESC LIMIT 1");
  if (last.step() && ahead == 0) {
    const bool nothing_came = last.integer(1) == last.integer(2);
    if (nothing_came || now_s - last.integer(0) < every_s) return;
  }
  last.reset();
  Statement note =
      database.prepare("INSERT OR REPLACE INTO arrival SELECT ?1, next_row FROM state");
  note.bind(1, now_s).run();
}

/// Removes those traces before row `before` that came first, `most` of them, until `enough()`.
template <typename Enough>
void remove_traces(Database& database, int64_t before, int64_t most, Slice& slice, Enough enough) {
  Statement find =
      database.prepare("SELECT row, spans FROM trace WHERE row < ?1 ORDER BY row LIMIT ?2");
  find.bind(1, before).bind(2, most);
  std::vector<std::pair<int64_t, uint64_t>> found;
  while (find.step()) found.emplace_back(find.integer(0), find.natural(1));
  find.reset();
  Statement remove_chunks = database.prepare("DELETE FROM chunk WHERE id BETWEEN ?1 AND ?2");
  Statement remove_row = database.prepare("DELETE FROM trace WHERE row = ?1");
  for (const auto& [row, spans] : found) {
    if (database.failed() || enough()) return;
    remove_chunks.bind(1, first_chunk(row)).bind(2, last_chunk(row)).run();
    remove_row.bind(1, row).run();
    slice.rows.push_back(row);
    slice.spans += spans;
  }
  slice.more |= found.size() == static_cast<size_t>(most);
}

/// Removes roll-ups of minutes from `first` to before `end`: the oldest, or the latest.
void remove_rollups(Database& database, int64_t first, int64_t end, bool latest, Slice& slice) {
  Statement find = database.prepare("SELECT minute, entry, " + std::string(kRollupBytes) +
                                    " FROM rollup WHERE minute >= ?1 AND minute < ?2 ORDER BY "
                                    "minute " +
                                    (latest ? "DESC" : "ASC") + " LIMIT ?3");
  find.bind(1, first).bind(2, end).bind(3, kRollupsPerSlice);
  std::vector<std::pair<int64_t, int64_t>> found;
  while (find.step()) {
    found.emplace_back(find.integer(0), find.integer(1));
    slice.rollup_bytes += find.natural(2);
  }
  find.reset();
  Statement remove = database.prepare("DELETE FROM rollup WHERE minute = ?1 AND entry = ?2");
  for (const auto& [minute, entry] : found) remove.bind(1, minute).bind(2, entry).run();
  slice.rollups |= !found.empty();
  slice.more |= found.size() == static_cast<size_t>(kRollupsPerSlice);
}

/// Removes entries that no trace and no roll-up refers to any more: at first, when enough traces
/// are gone since, or `at_once`, because the room is needed.
void remove_entries(Database& database, bool at_once, int64_t& gone_row, Slice& slice) {
  const int64_t first_row =
      database.integer("SELECT coalesce(min(row), (SELECT next_row FROM state)) FROM trace");
  const int64_t traces = database.integer("SELECT traces FROM state");
  const int64_t enough =
      at_once ? std::max<int64_t>(1, traces / 32) : std::max(kLeastRowsPerSweep, traces / 4);
  if (gone_row > 0 && first_row - gone_row < enough) return;
  const bool keys = gone_row == 0 || first_row / kRowsPerKeySweep > gone_row / kRowsPerKeySweep;
  const std::string kinds =
      keys ? "(kind <= 3 OR id NOT IN (SELECT entry FROM rollup))" : "kind <= 3";
  Statement remove = database.prepare("DELETE FROM entry WHERE used < ?1 AND " + kinds);
  remove.bind(1, first_row).run();
  slice.entries |= database.changed_rows() > 0;
  gone_row = first_row;
}

void remove_old(Database& database, const StoreOptions& options, int64_t now_s, Slice& slice) {
  const auto age_s =
      static_cast<int64_t>(std::min(options.longest_age_s, static_cast<uint64_t>(now_s)));
  note_arrival(database, now_s, std::max<int64_t>(1, age_s / int64_t{kArrivalsPerAge}));
  const std::string old = " FROM arrival WHERE second <= " + std::to_string(now_s - age_s);
  const int64_t before = database.integer("SELECT coalesce(max(row), 0)" + old);
  if (before > 0) {
    remove_traces(database, before, kTracesPerSlice, slice, [] { return false; });
    if (!slice.more) database.run("DELETE" + old);
  }
  remove_rollups(database, 0, (now_s - age_s) / 60, false, slice);
}

/// Roll-ups first where they take more than their share; those of a time to come before others.
void remove_excess(Database& database, const StoreOptions& options, int64_t now_s,
                   uint64_t rollup_bytes, Slice& slice) {
  const uint64_t limit = file_limit(options);
  Pages pages(database);
  if (pages.used_bytes() <= limit) return;
  if (rollup_bytes > limit / 8 * 3) {
    remove_rollups(database, now_s / 60 + kMinutesPerDay, INT64_MAX, true, slice);
    if (!slice.rollups) remove_rollups(database, 0, INT64_MAX, false, slice);
  }
  if (!slice.rollups) {
    // What is removed may free entries as well, which is seen after the slice.
    const int64_t traces = database.integer("SELECT traces FROM state");
    remove_traces(database, INT64_MAX, std::clamp<int64_t>(traces / 16, 1, kTracesPerSlice), slice,
                  [&] { return pages.used_bytes() <= limit; });
  }
  if (slice.rows.empty() && !slice.rollups) remove_rollups(database, 0, INT64_MAX, false, slice);
}

}  // namespace

uint64_t log_share(const StoreOptions& options) {
  return std::min(kMostLogBytes, options.most_bytes / 8);
}

uint64_t file_limit(const StoreOptions& options) { return options.most_bytes - log_share(options); }

Slice remove_slice(Database& database, const StoreOptions& options, uint64_t now_unix_ns,
                   uint64_t rollup_bytes, int64_t& gone_row) {
  Slice slice;
  const auto now_s = static_cast<int64_t>(now_unix_ns / kSecond);
  remove_old(database, options, now_s, slice);
  if (!slice.more) remove_excess(database, options, now_s, rollup_bytes, slice);
  const bool too_much = Pages(database).used_bytes() > file_limit(options);
  remove_entries(database, too_much, gone_row, slice);
  const bool removed = !slice.rows.empty() || slice.entries || slice.rollups;
  slice.more |= too_much && removed;
  return slice;
}

bool shrink_file(Database& database, const StoreOptions& options) {
  int64_t all = 0, free = 0;
  bool too_long = false;
  {
    Pages pages(database);
    all = pages.all();
    free = pages.free();
    too_long = pages.bytes() > file_limit(options);
  }
  if (free == 0 || !(too_long || free > all / 4)) return false;
  database.run("PRAGMA incremental_vacuum(" + std::to_string(kPagesPerSlice) + ")");
  if (database.failed()) return false;
  if (free > kPagesPerSlice) return true;
  // The file itself is cut when the log is copied back into it.
  database.run("PRAGMA wal_checkpoint(PASSIVE)");
  return false;
}

}  // namespace seamtrace::collector::store
