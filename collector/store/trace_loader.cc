#include "collector/store/trace_loader.h"

#include <algorithm>

namespace seamtrace::collector::store {
namespace {

/// A Span is never assigned: a sorted list of new ones takes the place of the old.
void sort_by_start(SpanList& list) {
  const auto less = [](const Span& left, const Span& right) {
    return left.start_unix_ns < right.start_unix_ns;
  };
  if (std::is_sorted(list.spans.begin(), list.spans.end(), less)) return;
  std::vector<uint32_t> order(list.spans.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](uint32_t left, uint32_t right) {
    return less(list.spans[left], list.spans[right]);
  });
  std::vector<Span> sorted;
  sorted.reserve(order.size());
  for (const uint32_t i : order) sorted.push_back(std::move(list.spans[i]));
  list.spans = std::move(sorted);
}

}  // namespace

TraceLoader::TraceLoader(Database& database, EntryReader& entries)
    : database_(database),
      entries_(entries),
      find_row_(database.prepare("SELECT id_high, id_low FROM trace WHERE row = ?1")),
      read_chunks_(
          database.prepare("SELECT data FROM chunk WHERE id BETWEEN ?1 AND ?2 ORDER BY id")) {}

Result<SpanList> TraceLoader::load(int64_t row) {
  entries_.trim();
  find_row_.bind(1, row);
  const bool found = find_row_.step();
  TraceId id{};
  if (found) {
    set_id(id, find_row_.natural(0));
    set_id(id, find_row_.natural(1), 8);
  }
  find_row_.reset();
  if (!found) return Error{"the trace is gone: it was too old, or the store too full"};
  SpanDecoder decoder(entries_, id);
  read_chunks_.bind(1, first_chunk(row)).bind(2, last_chunk(row));
  bool well = true;
  while (well && read_chunks_.step()) {
    const std::optional<std::string_view> records = packer_.unpack(read_chunks_.bytes(0));
    well = records && decoder.decode(*records);
  }
  read_chunks_.reset();
  if (!well) {
    return Error{"the bytes of this trace in the store " + database_.path() + " are damaged"};
  }
  SpanList list = decoder.take();
  sort_by_start(list);
  return list;
}

}  // namespace seamtrace::collector::store
