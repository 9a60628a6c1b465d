#include "collector/query/testing/memory_store.h"

#include <algorithm>

#include "collector/process/resource.h"
#include "collector/query/testing/trace_maker.h"

namespace seamtrace::collector::testing {
namespace {

bool is_root(const Span& span, const std::vector<Span>& spans) {
  return std::none_of(spans.begin(), spans.end(), [&](const Span& other) {
    return other.span_id == span.parent_span_id && &other != &span;
  });
}

int32_t http_status(const Span& span) {
  for (const Attribute& attribute : span.attributes)
    if (attribute.key == "http.response.status_code")
      if (const auto* number = std::get_if<int64_t>(&attribute.value))
        return static_cast<int32_t>(*number);
  return 0;
}

TraceRow describe(const std::vector<Span>& spans) {
  TraceRow row;
  row.trace_id = spans.front().trace_id;
  row.start_unix_ns = UINT64_MAX;
  row.spans = static_cast<uint32_t>(spans.size());
  std::set<std::string> services;
  const Span* root = nullptr;
  for (const Span& span : spans) {
    row.start_unix_ns = std::min(row.start_unix_ns, span.start_unix_ns);
    row.end_unix_ns = std::max(row.end_unix_ns, span.end_unix_ns);
    row.errors += span.status == StatusCode::kError ? 1 : 0;
    services.emplace(span.resource->service_name());
    if (is_root(span, spans) && (root == nullptr || span.start_unix_ns < root->start_unix_ns))
      root = &span;
  }
  row.services.assign(services.begin(), services.end());
  row.root_service = root->resource->service_name();
  row.root_name = root->name;
  row.root_kind = root->kind;
  row.root_status = root->status;
  row.http_status = http_status(*root);
  row.root_is_here = root->parent_span_id == SpanId{};
  return row;
}

bool later(const TraceRow& a, const TraceRow& b) {
  return std::pair(a.start_unix_ns, a.row) > std::pair(b.start_unix_ns, b.row);
}

}  // namespace

int64_t MemoryStore::add(SpanList list) {
  const TraceId id = list.spans.front().trace_id;
  auto entry = std::find_if(entries_.begin(), entries_.end(),
                            [&](const Entry& other) { return other.row.trace_id == id; });
  if (entry == entries_.end()) {
    entries_.push_back({{}, std::move(list)});
    entry = std::prev(entries_.end());
  } else {
    copy_spans(list, entry->list);
  }
  entry->row = describe(entry->list.spans);
  entry->row.row = entry - entries_.begin() + 1;
  entry->row.change = ++change_;
  return entry->row.row;
}

std::optional<Error> MemoryStore::scan(TimeRange range, const TraceRow* before_row,
                                       const std::function<bool(const TraceRow&)>& visit) {
  std::vector<const TraceRow*> rows;
  for (const Entry& entry : entries_) {
    const TraceRow& row = entry.row;
    if (row.start_unix_ns >= range.until_ns || row.end_unix_ns < range.since_ns) continue;
    if (before_row != nullptr && !later(*before_row, row)) continue;
    rows.push_back(&row);
  }
  std::sort(rows.begin(), rows.end(),
            [](const TraceRow* a, const TraceRow* b) { return later(*a, *b); });
  for (const TraceRow* row : rows)
    if (!visit(*row)) break;
  return std::nullopt;
}

std::optional<Error> MemoryStore::scan_changes(uint64_t change,
                                               const std::function<bool(const TraceRow&)>& visit) {
  std::vector<const TraceRow*> rows;
  for (const Entry& entry : entries_)
    if (entry.row.change > change) rows.push_back(&entry.row);
  std::sort(rows.begin(), rows.end(),
            [](const TraceRow* a, const TraceRow* b) { return a->change > b->change; });
  for (const TraceRow* row : rows)
    if (!visit(*row)) break;
  return std::nullopt;
}

std::optional<TraceRow> MemoryStore::find(const TraceId& trace_id) {
  for (const Entry& entry : entries_)
    if (entry.row.trace_id == trace_id) return entry.row;
  return std::nullopt;
}

Result<SpanList> MemoryStore::load(int64_t row) {
  ++loads;
  if (damaged.count(row) != 0) return Error{"The trace's bytes are damaged"};
  if (row < 1 || static_cast<size_t>(row) > entries_.size()) return Error{"The trace is gone"};
  SpanList list;
  copy_spans(entries_[static_cast<size_t>(row) - 1].list, list);
  std::stable_sort(list.spans.begin(), list.spans.end(),
                   [](const Span& a, const Span& b) { return a.start_unix_ns < b.start_unix_ns; });
  return list;
}

Result<std::vector<Rollup>> MemoryStore::rollups(TimeRange range, const std::string& service) {
  std::vector<Rollup> found;
  for (const Rollup& rollup : all_rollups) {
    if (!service.empty() && rollup.operation.service != service) continue;
    const uint64_t begin_ns = rollup.minute_unix_s * 1'000'000'000;
    if (begin_ns < range.until_ns && begin_ns + 60'000'000'000 > range.since_ns)
      found.push_back(rollup);
  }
  return found;
}

Result<std::vector<EdgeRollup>> MemoryStore::edges(TimeRange range) {
  std::vector<EdgeRollup> found;
  for (const EdgeRollup& edge : all_edges) {
    const uint64_t begin_ns = edge.minute_unix_s * 1'000'000'000;
    if (begin_ns < range.until_ns && begin_ns + 60'000'000'000 > range.since_ns)
      found.push_back(edge);
  }
  return found;
}

Result<uint64_t> MemoryStore::first_rollup_unix_s() {
  uint64_t first = UINT64_MAX;
  for (const Rollup& rollup : all_rollups) first = std::min(first, rollup.minute_unix_s);
  for (const EdgeRollup& edge : all_edges) first = std::min(first, edge.minute_unix_s);
  return first;
}

Result<std::vector<std::string>> MemoryStore::attribute_values(const std::string& key,
                                                               size_t most) {
  const auto found = values.find(key);
  if (found == values.end()) return std::vector<std::string>{};
  std::vector<std::string> some = found->second;
  if (some.size() > most) some.resize(most);
  return some;
}

StoreStatistics MemoryStore::statistics() {
  StoreStatistics statistics;
  statistics.traces = entries_.size();
  for (const Entry& entry : entries_) statistics.spans += entry.row.spans;
  statistics.change = change_;
  return statistics;
}

}  // namespace seamtrace::collector::testing
