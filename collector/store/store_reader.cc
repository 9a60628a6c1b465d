// FileReader: the StoreReader of a file.
// Path:    store -> [reader] -> query
// Failure: damage is also reported to the writer of this process (damage_report.h).
// Memory:  the entries of the dictionary that were needed, until there are too many.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "collector/process/resource.h"
#include "collector/store/damage_report.h"
#include "collector/store/entry_reader.h"
#include "collector/store/rollup_table.h"
#include "collector/store/row_facts.h"
#include "collector/store/schema.h"
#include "collector/store/span_decoder.h"
#include "collector/store/store.h"
#include "collector/store/store_file.h"
#include "collector/store/trace_loader.h"

namespace seamtrace::collector {
namespace {

using store::Database;
using store::Statement;

constexpr uint64_t kMinute = 60'000'000'000u;
constexpr int64_t kLong = 10'000'000'000;  ///< longer traces have an index of their own
constexpr size_t kTracesForValues = 200;

const std::string kRowColumns =
    "SELECT row, id_high, id_low, start, duration, change, root, facts, spans, errors, services "
    "FROM trace ";

int64_t clamped(uint64_t value) {
  return static_cast<int64_t>(std::min<uint64_t>(value, INT64_MAX));
}

std::string plain_text(const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  return "";
}

class FileReader final : public StoreReader {
 public:
  FileReader(std::string path, std::unique_ptr<Database> database) : path_(std::move(path)) {
    use(std::move(database));
  }

  std::optional<Error> scan(TimeRange range, const TraceRow* before_row,
                            const std::function<bool(const TraceRow&)>& visit) override {
    if (std::optional<Error> error = follow_file()) return error;
    const int64_t since = clamped(range.since_ns), until = clamped(range.until_ns);
    const int64_t last_start =
        before_row == nullptr ? INT64_MAX : clamped(before_row->start_unix_ns);
    const int64_t last_row = before_row == nullptr ? INT64_MAX : before_row->row;
    const int64_t nearly = since > kLong ? since - kLong : 0;
    const std::string before = " AND start <= ?3 AND (start < ?3 OR row < ?4)";
    const std::string order = " ORDER BY start DESC, row DESC";
    bool go_on = true;
    const auto part = [&](const std::string& where, int64_t first, int64_t end) {
      if (!go_on || first >= end) return;
      Statement rows = database_->prepare(kRowColumns + "WHERE start >= ?1 AND start < ?2" +
                                          before + where + order);
      rows.bind(1, first).bind(2, end).bind(3, last_start).bind(4, last_row);
      go_on = visit_rows(rows, visit);
    };
    const std::string overlaps = " AND start + duration >= " + std::to_string(since);
    part("", since, until);
    part(overlaps, nearly, std::min(since, until));
    part(overlaps + " AND duration > " + std::to_string(kLong), 0, std::min(nearly, until));
    return finish();
  }

  std::optional<Error> scan_changes(uint64_t change,
                                    const std::function<bool(const TraceRow&)>& visit) override {
    if (std::optional<Error> error = follow_file()) return error;
    Statement rows =
        database_->prepare(kRowColumns + "WHERE change > ?1 ORDER BY change DESC, row DESC");
    rows.bind(1, clamped(change));
    visit_rows(rows, visit);
    return finish();
  }

  std::optional<TraceRow> find(const TraceId& trace_id) override {
    if (follow_file()) return std::nullopt;
    Statement rows =
        database_->prepare(kRowColumns + "WHERE id_high = ?1 AND id_low = ?2 ORDER BY row DESC");
    rows.bind(1, store::id_number(trace_id)).bind(2, store::id_number(trace_id, 8));
    std::optional<TraceRow> found;
    visit_rows(rows, [&found](const TraceRow& row) {
      found = row;
      return false;
    });
    if (finish()) return std::nullopt;
    return found;
  }

  Result<SpanList> load(int64_t row) override {
    if (std::optional<Error> error = follow_file()) return *error;
    // What a scan sees is one state of the file already.
    const bool own = scans_ == 0;
    if (own) database_->run("BEGIN");
    Result<SpanList> result = loader_->load(row);
    if (own && !database_->run("COMMIT")) database_->roll_back();
    if (std::optional<Error> error = finish()) return *error;
    return result;
  }

  Result<std::vector<Rollup>> rollups(TimeRange range, const std::string& service) override {
    std::vector<Rollup> result;
    std::optional<Error> error =
        each_cell(range, store::EntryKind::kOperation, [&](uint32_t entry, Rollup& rollup) {
          const OperationKey* operation = entries_->operation(entry);
          if (operation == nullptr) return false;
          if (!service.empty() && operation->service != service) return true;
          rollup.operation = *operation;
          result.push_back(std::move(rollup));
          return true;
        });
    if (error) return *error;
    return result;
  }

  Result<std::vector<EdgeRollup>> edges(TimeRange range) override {
    std::vector<EdgeRollup> result;
    std::optional<Error> error =
        each_cell(range, store::EntryKind::kEdge, [&](uint32_t entry, Rollup& rollup) {
          const store::EdgeKey* edge = entries_->edge(entry);
          if (edge == nullptr) return false;
          result.push_back({edge->from, edge->to, rollup.minute_unix_s, rollup.count, rollup.errors,
                            rollup.total_ns, rollup.hits, rollup.misses,
                            std::move(rollup.durations), rollup.slowest, rollup.slowest_ns});
          return true;
        });
    if (error) return *error;
    return result;
  }

  Result<uint64_t> first_rollup_unix_s() override {
    if (std::optional<Error> error = follow_file()) return *error;
    const int64_t minute = database_->integer("SELECT coalesce(min(minute), -1) FROM rollup", -1);
    if (std::optional<Error> error = finish()) return *error;
    return minute < 0 ? UINT64_MAX : static_cast<uint64_t>(minute) * 60;
  }

  Result<std::vector<std::string>> attribute_keys() override {
    if (std::optional<Error> error = follow_file()) return *error;
    std::map<std::string, uint64_t, std::less<>> counts;
    const auto count = [&counts](std::string_view key, uint64_t times) {
      const auto at = counts.find(key);
      if (at != counts.end()) {
        at->second += times;
      } else {
        counts.emplace(key, times);
      }
    };
    Statement all = database_->prepare("SELECT kind, data, count FROM entry WHERE kind IN (2, 3)");
    while (all.step()) {
      if (all.integer(0) == static_cast<int64_t>(store::EntryKind::kResource)) {
        const auto resource = store::decode_resource(all.bytes(1));
        if (resource == nullptr) continue;
        for (const Attribute& attribute : resource->attributes()) {
          count(attribute.key, all.natural(2));
        }
      } else if (const auto shape = store::SpanTemplate::parse(all.bytes(1))) {
        for (const Attribute& attribute : shape->attributes) count(attribute.key, all.natural(2));
      }
    }
    if (std::optional<Error> error = finish()) return *error;
    return by_frequency(counts);
  }

  Result<std::vector<std::string>> attribute_values(const std::string& key, size_t most) override {
    std::map<std::string, uint64_t, std::less<>> counts;
    size_t traces = 0;
    std::optional<Error> error = scan({}, nullptr, [&](const TraceRow& row) {
      const Result<SpanList> list = load(row.row);
      if (!list) return true;
      for (const Span& span : list->spans) {
        for (const Attribute& attribute : span.attributes) {
          if (attribute.key == key) ++counts[plain_text(attribute.value)];
        }
        for (const Attribute& attribute : span.resource->attributes()) {
          if (attribute.key == key) ++counts[plain_text(attribute.value)];
        }
      }
      return ++traces < kTracesForValues;
    });
    if (error) return *error;
    counts.erase("");
    std::vector<std::string> values = by_frequency(counts);
    if (values.size() > most) values.resize(most);
    return values;
  }

  uint64_t change() override {
    if (follow_file()) return 0;
    const auto result = static_cast<uint64_t>(database_->integer("SELECT change FROM state"));
    return finish() ? 0 : result;
  }

  StoreStatistics statistics() override {
    StoreStatistics result;
    result.path = path_;
    std::optional<Error> error = follow_file();
    if (!error) {
      Statement state = database_->prepare(
          "SELECT traces, spans, duplicates, change, removed_traces, "
          "(SELECT coalesce(min(start), 0) FROM trace) FROM state");
      if (state.step()) {
        result.traces = state.natural(0);
        result.spans = state.natural(1);
        result.duplicates = state.natural(2);
        result.change = state.natural(3);
        result.removed_traces = state.natural(4);
        result.oldest_unix_ns = state.natural(5);
      }
      state.reset();
      result.bytes = database_->bytes_on_disk();
      error = finish();
    }
    if (error) result.last_error = error->message;
    return result;
  }

 private:
  void use(std::unique_ptr<Database> database) {
    loader_.reset();
    entries_.reset();
    database_ = std::move(database);
    entries_ = std::make_unique<store::EntryReader>(*database_);
    loader_ = std::make_unique<store::TraceLoader>(*database_, *entries_);
    identity_ = store::identity_of(path_);
  }

  /// A file that was moved aside or deleted is of no use once the writer has begun another.
  std::optional<Error> follow_file() {
    if (scans_ > 0) return std::nullopt;
    const std::optional<store::FileIdentity> identity = store::identity_of(path_);
    if (!identity) return store::fault_error(store::Fault::kMissing, path_, "");
    if (identity == identity_) return std::nullopt;
    Result<std::unique_ptr<Database>> opened = Database::open(path_, Database::Mode::kRead);
    if (!opened) return opened.error();
    if (std::optional<Error> error = store::check_schema(**opened)) return error;
    use(std::move(*opened));
    return std::nullopt;
  }

  std::optional<Error> finish() {
    if (!database_->failed()) return std::nullopt;
    Error error = database_->error();
    // Of a file that was moved aside nobody needs to hear.
    if (database_->fault() == store::Fault::kDamaged && identity_ == store::identity_of(path_)) {
      store::report_damage(path_, error);
    }
    database_->clear_fault();
    return error;
  }

  /// False: `visit` wants no more.
  bool visit_rows(Statement& rows, const std::function<bool(const TraceRow&)>& visit) {
    ++scans_;
    bool go_on = true;
    while (go_on && rows.step()) go_on = visit(read_row(rows));
    --scans_;
    return go_on;
  }

  TraceRow read_row(const Statement& from) {
    TraceRow row;
    row.row = from.integer(0);
    store::set_id(row.trace_id, from.natural(1));
    store::set_id(row.trace_id, from.natural(2), 8);
    row.start_unix_ns = from.natural(3);
    row.end_unix_ns = row.start_unix_ns + from.natural(4);
    row.change = from.natural(5);
    if (const OperationKey* root = entries_->operation(static_cast<uint32_t>(from.natural(6)))) {
      row.root_service = root->service;
      row.root_name = root->name;
      row.root_kind = root->kind;
    }
    const store::RowFacts facts = store::unpack_facts(from.integer(7));
    row.root_status = facts.status;
    row.root_is_here = facts.root_is_here;
    row.http_status = facts.http_status;
    row.spans = static_cast<uint32_t>(from.natural(8));
    row.errors = static_cast<uint32_t>(from.natural(9));
    store::ByteReader services(from.bytes(10));
    while (!services.empty()) {
      const auto name = entries_->text(static_cast<uint32_t>(services.number()));
      if (name) row.services.emplace_back(*name);
    }
    std::sort(row.services.begin(), row.services.end());
    return row;
  }

  template <typename Visit>
  std::optional<Error> each_cell(TimeRange range, store::EntryKind kind, Visit visit) {
    if (std::optional<Error> error = follow_file()) return error;
    if (range.until_ns <= range.since_ns) return std::nullopt;
    Statement rows = database_->prepare(
        "SELECT minute, entry, count, errors, total, hits, misses, slowest, slowest_id, error_id, "
        "durations, error_durations FROM rollup WHERE minute BETWEEN ?1 AND ?2");
    rows.bind(1, range.since_ns / kMinute).bind(2, (range.until_ns - 1) / kMinute);
    while (rows.step()) {
      const auto entry = static_cast<uint32_t>(rows.natural(1));
      if (entries_->kind(entry) != kind) continue;
      store::RollupCell cell;
      Rollup rollup;
      if (!store::read_rollup_cell(rows, 2, cell)) {
        database_->damaged("a roll-up cannot be read");
        break;
      }
      rollup.minute_unix_s = rows.natural(0) * 60;
      rollup.count = cell.count;
      rollup.errors = cell.errors;
      rollup.total_ns = cell.total_ns;
      rollup.hits = cell.hits;
      rollup.misses = cell.misses;
      rollup.durations = std::move(cell.durations);
      rollup.error_durations = std::move(cell.error_durations);
      rollup.slowest = cell.slowest;
      rollup.slowest_ns = cell.slowest_ns;
      rollup.error = cell.error;
      if (!visit(entry, rollup)) database_->damaged("an entry of the dictionary cannot be read");
    }
    rows.reset();
    return finish();
  }

  static std::vector<std::string> by_frequency(
      const std::map<std::string, uint64_t, std::less<>>& counts) {
    std::vector<std::pair<std::string, uint64_t>> sorted(counts.begin(), counts.end());
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& left, const auto& right) {
      return left.second > right.second;
    });
    std::vector<std::string> texts;
    texts.reserve(sorted.size());
    for (auto& entry : sorted) texts.push_back(std::move(entry.first));
    return texts;
  }

  std::string path_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<store::EntryReader> entries_;
  std::unique_ptr<store::TraceLoader> loader_;
  int scans_ = 0;  ///< under way, one within another
  std::optional<store::FileIdentity> identity_;
};

}  // namespace

Result<std::unique_ptr<StoreReader>> StoreReader::open(const std::string& path) {
  Result<std::unique_ptr<Database>> opened = Database::open(path, Database::Mode::kRead);
  if (!opened) return opened.error();
  if (std::optional<Error> error = store::check_schema(**opened)) {
    if ((*opened)->fault() == store::Fault::kDamaged) store::report_damage(path, *error);
    return *error;
  }
  return std::unique_ptr<StoreReader>(std::make_unique<FileReader>(path, std::move(*opened)));
}

}  // namespace seamtrace::collector
