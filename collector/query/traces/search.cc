#include "collector/query/traces/search.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "collector/query/language/trace_match.h"
#include "collector/query/question.h"
#include "collector/query/traces/minute_filter.h"

namespace seamtrace::collector::traces {
namespace {

/// Rows that may match and are read before their traces are unpacked. It grows, as most searches
/// end early.
constexpr size_t kFirstPage = 128;
constexpr size_t kLargestPage = 4096;

SearchPlace place_of(const TraceRow& row) { return {row.start_unix_ns, row.row}; }

bool is_later(const TraceRow& a, const TraceRow& b) {
  return std::pair(a.start_unix_ns, a.row) > std::pair(b.start_unix_ns, b.row);
}

bool overlaps(const TraceRow& row, TimeRange range) {
  return row.start_unix_ns < range.until_ns && row.end_unix_ns >= range.since_ns;
}

/// The one trace that a query can only mean.
std::optional<TraceId> only_trace(const Query& query) {
  for (const Condition& condition : query.conditions) {
    if (condition.field != Field::kTraceId || condition.unlike != condition.negated) continue;
    if (const auto id = parse_trace_id(condition.text)) return id;
  }
  return std::nullopt;
}

struct Candidate {
  TraceRow row;
  RowVerdict verdict;
};

class Search {
 public:
  Search(StoreReader& store, const SearchRequest& request)
      : store_(store), request_(request), minutes_(store, request.query) {
    // Read first: what is committed meanwhile is seen again by the next question after it.
    result_.change = store.change();
    result_.searched_to_ns = request.range.since_ns;
  }

  Result<SearchResult> run() {
    const auto error = request_.after_change        ? by_change()
                       : only_trace(request_.query) ? by_id(*only_trace(request_.query))
                                                    : by_time();
    if (error) return *error;
    return std::move(result_);
  }

 private:
  std::optional<Error> by_id(const TraceId& id) {
    const auto row = store_.find(id);
    if (!row || !overlaps(*row, request_.range)) return std::nullopt;
    if (request_.before && !is_later(before_row(), *row)) return std::nullopt;
    const RowVerdict verdict = check_row(request_.query, *row);
    if (verdict != RowVerdict::kNo) examine({*row, verdict});
    return std::nullopt;
  }

  std::optional<Error> by_time() {
    std::optional<TraceRow> last;
    if (request_.before) last = before_row();
    size_t page = std::max<size_t>(kFirstPage, request_.most + 1);
    for (;; page = std::min(2 * page, kLargestPage)) {
      candidates_.clear();
      bool ended = true;
      const auto error =
          store_.scan(request_.range, last ? &*last : nullptr, [&](const TraceRow& row) {
            last = row;
            add_candidate(row);
            ended = candidates_.size() < page && rows_ < request_.limits.rows;
            return ended;
          });
      if (error) return error;
      if (!examine_all() || ended) return fault_;
      if (is_full() || rows_ >= request_.limits.rows) {
        stop_at(*last);
        result_.complete = is_full();
        return std::nullopt;
      }
    }
  }

  std::optional<Error> by_change() {
    const auto error = store_.scan_changes(*request_.after_change, [&](const TraceRow& row) {
      if (overlaps(row, request_.range)) add_candidate(row);
      return rows_ < request_.limits.rows;
    });
    if (error) return error;
    // Latest change first: where not all are taken, it is the newest that are. There is no going
    // on from there.
    result_.complete = examine_all() && rows_ < request_.limits.rows;
    if (fault_) return fault_;
    result_.next.reset();
    result_.searched_to_ns = request_.range.since_ns;
    std::sort(result_.rows.begin(), result_.rows.end(), is_later);
    return std::nullopt;
  }

  void add_candidate(const TraceRow& row) {
    ++rows_;
    const RowVerdict verdict = check_row(request_.query, row);
    if (verdict != RowVerdict::kNo) candidates_.push_back({row, verdict});
  }

  /// False: it stopped within them, at a limit.
  bool examine_all() {
    for (const Candidate& candidate : candidates_) {
      if (is_full() || spans_ >= request_.limits.spans) {
        result_.complete = is_full();
        stop_at(*examined_);
        return false;
      }
      examine(candidate);
      if (fault_) return false;
      examined_ = candidate.row;
    }
    return true;
  }

  /// The first traces are unpacked at once: where matches are frequent, it is less work.
  bool is_ruled_out(const TraceRow& row) {
    if (spans_ < request_.limits.spans_before_rollups || !minutes_.is_useful()) return false;
    const auto may_match = minutes_.may_match(row);
    if (!may_match) fault_ = may_match.error();
    return !may_match || !*may_match;
  }

  void examine(const Candidate& candidate) {
    if (candidate.verdict == RowVerdict::kMaybe) {
      if (is_ruled_out(candidate.row)) return;
      const auto list = store_.load(candidate.row.row);
      spans_ += candidate.row.spans;
      if (!list) ++result_.unreadable;
      if (!list || !matches(request_.query, candidate.row, list->spans)) return;
    }
    result_.rows.push_back(candidate.row);
  }

  bool is_full() const { return result_.rows.size() >= request_.most; }

  void stop_at(const TraceRow& row) {
    result_.next = place_of(row);
    result_.searched_to_ns = std::max(row.start_unix_ns, request_.range.since_ns);
  }

  TraceRow before_row() const {
    TraceRow row;
    row.start_unix_ns = request_.before->start_unix_ns;
    row.row = request_.before->row;
    return row;
  }

  StoreReader& store_;
  const SearchRequest& request_;
  MinuteFilter minutes_;
  SearchResult result_;
  std::vector<Candidate> candidates_;
  uint64_t rows_ = 0;
  uint64_t spans_ = 0;
  std::optional<TraceRow> examined_;  ///< the last one
  std::optional<Error> fault_;        ///< of the roll-ups
};

template <typename T>
bool read_all(std::string_view text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string SearchPlace::text() const {
  return std::to_string(start_unix_ns) + "." + std::to_string(row);
}

std::optional<SearchPlace> SearchPlace::parse(std::string_view text) {
  SearchPlace place;
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos || !read_all(text.substr(0, dot), place.start_unix_ns) ||
      !read_all(text.substr(dot + 1), place.row))
    return std::nullopt;
  return place;
}

Result<SearchResult> search(StoreReader& store, const SearchRequest& request) {
  return Search(store, request).run();
}

}  // namespace seamtrace::collector::traces
