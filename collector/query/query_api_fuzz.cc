// Questions of any kind against any text. The input's first line is the path, each further line a
// parameter, NAME=VALUE. Whatever it is, there is an answer with a known status that is valid
// JSON, an error has a sentence, and what completion wants to replace lies in the query.
#include <cstdlib>
#include <string>

#include "collector/query/query_api.h"
#include "collector/query/testing/memory_store.h"
#include "collector/query/testing/trace_maker.h"
#include "collector/query/traces/text_position.h"

namespace seamtrace::collector {
namespace {

using testing::MemoryStore;
using testing::TraceMaker;

void check(bool condition) {
  if (!condition) std::abort();
}

Rollup make_rollup(const std::string& service, const std::string& name, SpanKind kind) {
  Rollup rollup;
  rollup.operation = {service, name, kind, {}};
  if (kind == SpanKind::kClient)
    rollup.operation.peer = {NodeKind::kDatabase, "postgresql", "postgresql shop"};
  rollup.minute_unix_s = testing::kTraceStart / testing::kSecond;
  rollup.count = 2;
  rollup.total_ns = 12'000'000;
  rollup.durations.add(5'000'000);
  rollup.durations.add(7'000'000);
  rollup.slowest = testing::trace_number(1);
  rollup.slowest_ns = 7'000'000;
  return rollup;
}

MemoryStore make_store() {
  MemoryStore store;
  for (const uint64_t number : {1, 2}) {
    TraceMaker trace(number, testing::kTraceStart + number * testing::kSecond);
    trace.add("web", "GET /", SpanKind::kServer, 0, 7);
    trace.set("k", int64_t{7}).set("\xFF", "\xC3\x28");
    trace.add("web", "SELECT shop", SpanKind::kClient, 1, 5, 1);
    trace.set("db.system.name", "postgresql").error("\x80");
    store.add(trace.take());
  }
  store.keys = {"k", "odd \"key\"", "name", "\xC3\xBC"};
  store.values["k"] = {"7", "two words", "*", "\"", "\xC3\xBC"};
  store.all_rollups.push_back(make_rollup("web", "GET /", SpanKind::kServer));
  store.all_rollups.push_back(make_rollup("web", "SELECT shop", SpanKind::kClient));
  EdgeRollup edge;
  edge.from = "web";
  edge.to = {NodeKind::kDatabase, "postgresql", "postgresql shop"};
  edge.minute_unix_s = testing::kTraceStart / testing::kSecond;
  edge.count = 2;
  edge.durations.add(5'000'000, 2);
  store.all_edges.push_back(edge);
  return store;
}

std::string_view take_line(std::string_view& input) {
  const size_t end = std::min(input.find('\n'), input.size());
  const std::string_view line = input.substr(0, end);
  input.remove_prefix(std::min(end + 1, input.size()));
  return line;
}

void one(std::string_view input) {
  static MemoryStore store = make_store();
  const std::string path(take_line(input));
  std::map<std::string, std::string> parameters;
  while (!input.empty()) {
    const std::string_view line = take_line(input);
    const size_t end = std::min(line.find('='), line.size());
    parameters[std::string(line.substr(0, end))] = line.substr(std::min(end + 1, line.size()));
  }
  const QueryAnswer answer =
      QueryApi(store).get(path, parameters, testing::kTraceStart + 600 * testing::kSecond);
  check(answer.status == 200 || answer.status == 400 || answer.status == 404);
  check(nlohmann::json::accept(answer.body.dump()));
  if (answer.status != 200) {
    check(!answer.body["error"].get_ref<const std::string&>().empty());
  } else if (path == "complete") {
    const std::string& query = parameters["query"];
    const size_t units = traces::utf16_position(query, query.size());
    const size_t from = answer.body["from"], to = answer.body["to"];
    check(from <= to && to <= units);
    const size_t at = traces::byte_position(query, to);
    check(traces::utf16_position(query, at) == to);
  }
}

}  // namespace
}  // namespace seamtrace::collector

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  seamtrace::collector::one({reinterpret_cast<const char*>(data), size});
  return 0;
}
