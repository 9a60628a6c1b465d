// store_bench: what the store costs, as JSON for bench/store.py.
//
//   store_bench write PATH SPANS SPANS_PER_SECOND   writes; SPANS_PER_SECOND of the traffic's time
//   store_bench query PATH                          asks
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "collector/store/store.h"
#include "collector/store/testing/traffic.h"
#include "collector/support/clock.h"

namespace seamtrace::collector {
namespace {

constexpr size_t kSpansPerWrite = 20'000;
constexpr uint64_t kHour = 3'600'000'000'000u;

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "store_bench: %s\n", message.c_str());
  std::exit(1);
}

double seconds_since(uint64_t begin) { return static_cast<double>(monotonic_ns() - begin) / 1e9; }

double cpu_seconds() { return static_cast<double>(clock_ns(CLOCK_PROCESS_CPUTIME_ID)) / 1e9; }

/// Of this process, in bytes.
uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * 4096;
}

int write(const std::string& path, uint64_t spans, double spans_per_second) {
  StoreOptions options{.path = path, .most_bytes = 16ull << 30};
  Result<std::unique_ptr<Store>> store = Store::open(options);
  if (!store) fail(store.error().message);
  const auto length = static_cast<uint64_t>(static_cast<double>(spans) / spans_per_second * 1e9);
  testing::Traffic traffic({realtime_ns() - length, spans_per_second, 1});
  double seconds = 0, cpu = 0, longest = 0;
  uint64_t memory = 0;
  for (uint64_t written = 0; written < spans; written += kSpansPerWrite) {
    std::vector<BatchPtr> batches;
    for (size_t i = 0; i < kSpansPerWrite; i += 1000) batches.push_back(traffic.batch(1000));
    const uint64_t before_memory = resident_bytes();
    const double before_cpu = cpu_seconds();
    const uint64_t begin = monotonic_ns();
    if (std::optional<Error> error = (*store)->write(batches)) fail(error->message);
    const double took = seconds_since(begin);
    seconds += took;
    longest = std::max(longest, took);
    cpu += cpu_seconds() - before_cpu;
    const uint64_t after_memory = resident_bytes();
    if (after_memory > before_memory) memory += after_memory - before_memory;
  }
  const StoreStatistics statistics = (*store)->statistics();
  store->reset();
  std::ifstream file(path, std::ios::ate | std::ios::binary);
  std::printf(
      "{\"spans\": %llu, \"traces\": %llu, \"seconds\": %.3f, \"cpu_seconds\": %.3f, "
      "\"longest_write_seconds\": %.3f, \"bytes\": %lld, \"memory_bytes\": %llu}\n",
      static_cast<unsigned long long>(statistics.spans),
      static_cast<unsigned long long>(statistics.traces), seconds, cpu, longest,
      static_cast<long long>(file.tellg()), static_cast<unsigned long long>(memory));
  return 0;
}

/// Runs `work` several times and prints the median and what it counted.
template <typename Work>
void ask(const char* name, const std::string& path, int times, bool last, Work work) {
  std::vector<double> seconds;
  uint64_t count = 0;
  for (int i = 0; i < times; ++i) {
    Result<std::unique_ptr<StoreReader>> reader = StoreReader::open(path);
    if (!reader) fail(reader.error().message);
    const uint64_t begin = monotonic_ns();
    count = work(**reader);
    seconds.push_back(seconds_since(begin));
  }
  std::sort(seconds.begin(), seconds.end());
  std::printf("\"%s\": {\"ms\": %.3f, \"count\": %llu}%s", name, seconds[seconds.size() / 2] * 1e3,
              static_cast<unsigned long long>(count), last ? "}\n" : ", ");
}

uint64_t percentiles(StoreReader& reader, TimeRange range) {
  const Result<std::vector<Rollup>> rollups = reader.rollups(range, "");
  if (!rollups) fail(rollups.error().message);
  std::map<OperationKey, Histogram> merged;
  for (const Rollup& rollup : *rollups) merged[rollup.operation].merge(rollup.durations);
  uint64_t sum = 0;
  for (const auto& [key, histogram] : merged) sum += histogram.percentile(0.95) > 0;
  return sum;
}

uint64_t search(StoreReader& reader, const std::string& wanted) {
  uint64_t found = 0;
  const auto error = reader.scan({}, nullptr, [&](const TraceRow& row) {
    const Result<SpanList> list = reader.load(row.row);
    if (!list) fail(list.error().message);
    for (const Span& span : list->spans) {
      for (const Attribute& attribute : span.attributes) {
        const auto* text = std::get_if<std::string_view>(&attribute.value);
        found += text != nullptr && *text == wanted;
      }
    }
    return true;
  });
  if (error) fail(error->message);
  return found;
}

int query(const std::string& path) {
  Result<std::unique_ptr<StoreReader>> opened = StoreReader::open(path);
  if (!opened) fail(opened.error().message);
  TraceRow newest;
  if ((*opened)->scan({}, nullptr, [&](const TraceRow& row) {
        newest = row;
        return false;
      })) {
    fail("cannot be read");
  }
  const TimeRange hour{newest.start_unix_ns - kHour, UINT64_MAX};
  std::printf("{");
  ask("percentiles_of_an_hour", path, 11, false,
      [&](StoreReader& reader) { return percentiles(reader, hour); });
  ask("edges_of_an_hour", path, 11, false, [&](StoreReader& reader) -> uint64_t {
    const auto edges = reader.edges(hour);
    if (!edges) fail(edges.error().message);
    return edges->size();
  });
  ask("newest_100_traces", path, 11, false, [&](StoreReader& reader) {
    uint64_t count = 0;
    if (reader.scan({}, nullptr, [&](const TraceRow&) { return ++count < 100; })) fail("scan");
    return count;
  });
  ask("one_trace", path, 11, false, [&](StoreReader& reader) -> uint64_t {
    const auto row = reader.find(newest.trace_id);
    if (!row) fail("find");
    const auto list = reader.load(row->row);
    return list ? list->spans.size() : 0;
  });
  ask("rare_attribute", path, 1, true,
      [&](StoreReader& reader) { return search(reader, "GET product:123456"); });
  return 0;
}

}  // namespace
}  // namespace seamtrace::collector

int main(int count, char** arguments) {
  using namespace seamtrace::collector;  // NOLINT(google-build-using-namespace)
  if (count == 5 && std::strcmp(arguments[1], "write") == 0) {
    return write(arguments[2], std::strtoull(arguments[3], nullptr, 10),
                 std::strtod(arguments[4], nullptr));
  }
  if (count == 3 && std::strcmp(arguments[1], "query") == 0) return query(arguments[2]);
  std::fprintf(stderr, "usage: store_bench write PATH SPANS SPANS_PER_SECOND | query PATH\n");
  return 2;
}
