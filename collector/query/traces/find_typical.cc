#include <algorithm>
#include <vector>

#include "collector/query/traces/trace_lookup.h"
#include "collector/query/traces/traces.h"

namespace seamtrace::collector::traces {
namespace {

/// The last ones say what is typical now.
constexpr size_t kMostAlike = 200;
constexpr size_t kMostRows = 100'000;

struct Alike {
  TraceId trace_id{};
  uint64_t duration_ns = 0;
};

bool have_same_root(const TraceRow& a, const TraceRow& b) {
  return a.root_service == b.root_service && a.root_name == b.root_name &&
         a.root_kind == b.root_kind;
}

/// The lower of the two middle ones when their number is even. REQUIRES: there is one.
uint64_t median_duration(const std::vector<Alike>& traces) {
  std::vector<uint64_t> durations;
  durations.reserve(traces.size());
  for (const Alike& trace : traces) durations.push_back(trace.duration_ns);
  const auto middle = durations.begin() + static_cast<ptrdiff_t>((durations.size() - 1) / 2);
  std::nth_element(durations.begin(), middle, durations.end());
  return *middle;
}

uint64_t distance(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

}  // namespace

QueryAnswer find_typical(StoreReader& store, std::string_view id) {
  auto found = look_up(store, id);
  if (auto* answer = std::get_if<QueryAnswer>(&found)) return std::move(*answer);
  const TraceRow& asked = std::get<TraceRow>(found);

  std::vector<Alike> alike;
  size_t rows = 0;
  const auto error = store.scan({}, nullptr, [&](const TraceRow& row) {
    if (have_same_root(row, asked))
      alike.push_back({row.trace_id, duration_ns(row.start_unix_ns, row.end_unix_ns)});
    return alike.size() < kMostAlike && ++rows < kMostRows;
  });
  if (error) return store_fault(*error);

  const uint64_t median =
      alike.empty() ? duration_ns(asked.start_unix_ns, asked.end_unix_ns) : median_duration(alike);
  const Alike* nearest = nullptr;
  for (const Alike& trace : alike) {
    if (trace.trace_id == asked.trace_id) continue;
    if (nearest == nullptr ||
        distance(trace.duration_ns, median) < distance(nearest->duration_ns, median))
      nearest = &trace;
  }
  return ok_answer(
      {{"trace_id", nearest == nullptr ? nlohmann::json() : json_id(nearest->trace_id)},
       {"traces", alike.size()},
       {"median_ns", median}});
}

}  // namespace seamtrace::collector::traces
