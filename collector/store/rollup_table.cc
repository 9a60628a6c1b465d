#include "collector/store/rollup_table.h"

#include <algorithm>

#include "collector/store/schema.h"

namespace seamtrace::collector::store {
namespace {

constexpr size_t kMostCells = 20'000;
constexpr uint64_t kMinute = 60'000'000'000u;

std::string_view id_bytes(const TraceId& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

bool read_id(std::string_view bytes, TraceId& id) {
  if (bytes.size() != id.size()) return false;
  std::copy(bytes.begin(), bytes.end(), id.begin());
  return true;
}

void subtract(uint64_t& from, uint64_t what) { from -= std::min(from, what); }

}  // namespace

bool read_rollup_cell(const Statement& row, int first, RollupCell& cell) {
  cell.count = row.natural(first);
  cell.errors = row.natural(first + 1);
  cell.total_ns = row.natural(first + 2);
  cell.hits = row.natural(first + 3);
  cell.misses = row.natural(first + 4);
  cell.slowest_ns = row.natural(first + 5);
  std::optional<Histogram> durations = Histogram::decode(row.bytes(first + 8));
  std::optional<Histogram> errors = Histogram::decode(row.bytes(first + 9));
  if (!durations || !errors || !read_id(row.bytes(first + 6), cell.slowest) ||
      !read_id(row.bytes(first + 7), cell.error)) {
    return false;
  }
  cell.durations = std::move(*durations);
  cell.error_durations = std::move(*errors);
  return true;
}

RollupTable::RollupTable(Database& database)
    : database_(database),
      read_(database.prepare("SELECT count, errors, total, hits, misses, slowest, slowest_id, "
                             "error_id, durations, error_durations FROM rollup "
                             "WHERE minute = ?1 AND entry = ?2")),
      write_(database.prepare("INSERT OR REPLACE INTO rollup(minute, entry, count, errors, total, "
                              "hits, misses, slowest, slowest_id, error_id, durations, "
                              "error_durations) "
                              "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")),
      remove_(database.prepare("DELETE FROM rollup WHERE minute = ?1 AND entry = ?2")) {}

RollupTable::Cell& RollupTable::cell(uint64_t minute, uint32_t entry) {
  const auto [at, added] = cells_.try_emplace(minute << 32 | entry);
  if (added) {
    read_.bind(1, minute).bind(2, int64_t{entry});
    if (read_.step()) {
      if (!read_rollup_cell(read_, 0, at->second.values)) {
        database_.damaged("a roll-up cannot be read");
      }
      at->second.stored = kRollupRowBytes + read_.bytes(8).size() + read_.bytes(9).size();
    }
    read_.reset();
  }
  return at->second;
}

void RollupTable::change(Cell& cell, uint64_t key) {
  if (cell.changed) return;
  cell.changed = true;
  changed_.push_back(key);
}

void RollupTable::add(uint32_t entry, const Sample& sample) {
  const uint64_t minute = sample.start_ns / kMinute;
  Cell& found = cell(minute, entry);
  RollupCell& values = found.values;
  ++values.count;
  values.total_ns += sample.duration_ns;
  values.hits += sample.hits;
  values.misses += sample.misses;
  values.durations.add(sample.duration_ns);
  if (sample.error) {
    ++values.errors;
    values.error_durations.add(sample.duration_ns);
    values.error = sample.trace_id;
  }
  if (values.count == 1 || sample.duration_ns > values.slowest_ns) {
    values.slowest_ns = sample.duration_ns;
    values.slowest = sample.trace_id;
  }
  change(found, minute << 32 | entry);
}

void RollupTable::remove(uint32_t entry, const Sample& sample) {
  const uint64_t minute = sample.start_ns / kMinute;
  Cell& found = cell(minute, entry);
  RollupCell& values = found.values;
  subtract(values.count, 1);
  subtract(values.total_ns, sample.duration_ns);
  subtract(values.hits, sample.hits);
  subtract(values.misses, sample.misses);
  values.durations.remove(sample.duration_ns);
  if (sample.error) {
    subtract(values.errors, 1);
    values.error_durations.remove(sample.duration_ns);
    if (values.error == sample.trace_id) values.error = {};
  }
  if (values.slowest == sample.trace_id && values.slowest_ns == sample.duration_ns) {
    values.slowest = {};
    const auto& left = values.durations.buckets();
    values.slowest_ns = left.empty() ? 0 : Histogram::lower_bound(left.back().first);
  }
  change(found, minute << 32 | entry);
}

bool RollupTable::flush() {
  for (const uint64_t key : changed_) {
    const auto at = cells_.find(key);
    RollupCell& values = at->second.values;
    at->second.changed = false;
    const uint64_t minute = key >> 32, entry = key & UINT32_MAX;
    growth_ -= static_cast<int64_t>(at->second.stored);
    if (values.count == 0) {
      remove_.bind(1, minute).bind(2, entry).run();
      cells_.erase(at);
      continue;
    }
    const std::string durations = values.durations.encode();
    const std::string errors = values.error_durations.encode();
    write_.bind(1, minute).bind(2, entry).bind(3, values.count).bind(4, values.errors);
    write_.bind(5, values.total_ns).bind(6, values.hits).bind(7, values.misses);
    write_.bind(8, values.slowest_ns).bind_blob(9, id_bytes(values.slowest));
    write_.bind_blob(10, id_bytes(values.error)).bind_blob(11, durations);
    write_.bind_blob(12, errors).run();
    at->second.stored = kRollupRowBytes + durations.size() + errors.size();
    growth_ += static_cast<int64_t>(at->second.stored);
  }
  changed_.clear();
  if (cells_.size() > kMostCells) cells_.clear();
  return !database_.failed();
}

void RollupTable::forget() {
  cells_.clear();
  changed_.clear();
  growth_ = 0;
}

}  // namespace seamtrace::collector::store
