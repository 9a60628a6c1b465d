// query_bench: what questions about traces cost. Fill a store with `store_bench write` first.
//
//   query_bench PATH   a table: each question as often as it takes to its end
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>

#include "collector/query/query_api.h"
#include "collector/query/question.h"
#include "collector/support/clock.h"

namespace seamtrace::collector {
namespace {

double milliseconds_since(uint64_t begin) {
  return static_cast<double>(monotonic_ns() - begin) / 1e6;
}

/// Goes on with `next` while a search is unfinished, until it has `wanted` traces or all.
void search(StoreReader& reader, const std::string& query, size_t wanted) {
  std::map<std::string, std::string> parameters = {
      {"query", query}, {"limit", std::to_string(wanted)}, {"since", "0"}};
  double first = 0, longest = 0, all = 0;
  size_t found = 0;
  int rounds = 0;
  while (found < wanted) {
    const uint64_t begin = monotonic_ns();
    const QueryAnswer answer = QueryApi(reader).get("traces", parameters, realtime_ns());
    const size_t bytes = answer.body.dump().size();
    const double took = milliseconds_since(begin);
    if (answer.status != 200 || bytes == 0) {
      std::fprintf(stderr, "query_bench: %s\n", answer.body.dump().c_str());
      return;
    }
    if (rounds++ == 0) first = took;
    longest = std::max(longest, took);
    all += took;
    found += answer.body["traces"].size();
    if (answer.body["next"].is_null()) break;
    parameters["before"] = answer.body["next"];
  }
  std::printf("%-58s %6zu %10.1f %10.1f %10.1f %6d\n", query.c_str(), found, first, longest, all,
              rounds);
}

void ask(StoreReader& reader, const std::string& path,
         const std::map<std::string, std::string>& parameters) {
  const uint64_t begin = monotonic_ns();
  const QueryAnswer answer = QueryApi(reader).get(path, parameters, realtime_ns());
  const size_t bytes = answer.body.dump().size();
  std::printf("%-58s %6d %10.1f ms, %zu bytes\n", path.c_str(), answer.status,
              milliseconds_since(begin), bytes);
}

int run(const char* path) {
  auto reader = StoreReader::open(path);
  if (!reader) {
    std::fprintf(stderr, "query_bench: %s\n", reader.error().message.c_str());
    return 1;
  }
  const StoreStatistics statistics = (*reader)->statistics();
  std::printf("%llu spans in %llu traces\n\n", static_cast<unsigned long long>(statistics.spans),
              static_cast<unsigned long long>(statistics.traces));
  std::printf("%-58s %6s %10s %10s %10s %6s\n", "query", "found", "first ms", "longest ms",
              "all ms", "rounds");
  for (const char* query : {"", "service=shop", "status=error", "service=shop status=error",
                            "http.response.status_code>=500", "http.request.method=GET",
                            "duration>500ms", "trace.duration>1s", "peer=redis", "checkout"})
    search(**reader, query, 100);
  for (const char* query :
       {"no.such.key=1", "url.path=/product/123456", "\"GET product:123456\"",
        "nowhere-in-all-of-it", "service=nobody", "root.name=nobody", "operation=nobody no=1"})
    search(**reader, query, 2000);

  TraceRow last;
  (void)(*reader)->scan({}, nullptr, [&](const TraceRow& row) {
    if (row.spans > last.spans) last = row;
    return true;
  });
  const std::string id = json_id(last.trace_id).get<std::string>();
  std::printf("\n");
  for (const std::string& question : {"trace/" + id, "trace/" + id.substr(0, 8),
                                      "trace/" + id + "/otlp", "trace/" + id + "/typical"})
    ask(**reader, question, {});
  ask(**reader, "complete", {{"query", "ser"}});
  ask(**reader, "complete", {{"query", "url.path="}});
  return 0;
}

}  // namespace
}  // namespace seamtrace::collector

int main(int count, char** arguments) {
  try {
    if (count == 2) return seamtrace::collector::run(arguments[1]);
    std::fprintf(stderr, "usage: query_bench PATH\n");
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "query_bench: %s\n", fault.what());
  }
  return 2;
}
