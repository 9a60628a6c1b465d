// The query language against any text. The input is a query; whatever it is, nothing crashes, an
// error points into the text and has a sentence, a pattern never matches less than the text that
// it was made of, and what a trace's row alone says is what its spans say.
#include <cstdlib>
#include <string>

#include "collector/query/language/parser.h"
#include "collector/query/language/trace_match.h"
#include "collector/query/testing/memory_store.h"
#include "collector/query/testing/trace_maker.h"

namespace seamtrace::collector {
namespace {

using testing::MemoryStore;
using testing::TraceMaker;

void check(bool condition) {
  if (!condition) std::abort();
}

struct Sample {
  TraceRow row;
  SpanList list;
};

Sample sample(SpanList list) {
  MemoryStore store;
  const TraceId id = list.spans.front().trace_id;
  Sample sample;
  testing::copy_spans(list, sample.list);
  store.add(std::move(list));
  sample.row = *store.find(id);
  return sample;
}

std::vector<Sample> make_samples() {
  std::vector<Sample> samples;
  TraceMaker single(1);
  single.add("a", "GET /", SpanKind::kServer, 0, 5);
  single.set("k", int64_t{7}).set("x", "7").set("y", true).set("z", 1.5);
  samples.push_back(sample(single.take()));

  TraceMaker failed(2);
  failed.add("a", "GET /", SpanKind::kServer, 0, 200);
  failed.add("a", "GET", SpanKind::kClient, 1, 100, 1);
  failed.set("server.address", "b").error("timeout");
  failed.add("b", "\xC3\x9C\xFF", SpanKind::kServer, 2, 90, 2);
  const std::string_view list[] = {"", "A", "*"};
  failed.set("k", std::span<const std::string_view>(list)).error();
  failed.add("b", "GET", SpanKind::kClient, 3, 1, 3);
  failed.set("db.system.name", "redis").set("x", "-1.5");
  samples.push_back(sample(failed.take()));
  return samples;
}

void one(std::string_view text) {
  static const std::vector<Sample> samples = make_samples();
  const auto result = parse_query(text);
  if (const auto* error = std::get_if<SyntaxError>(&result)) {
    check(error->position <= text.size());
    check(error->length <= text.size() - error->position);
    check(!error->message.empty());
  } else {
    const Query& query = std::get<Query>(result);
    for (const Sample& trace : samples) {
      const bool found = matches(query, trace.row, trace.list.spans);
      const RowVerdict verdict = check_row(query, trace.row);
      if (verdict != RowVerdict::kMaybe) check(found == (verdict == RowVerdict::kYes));
    }
    Query reversed = query;
    for (Condition& condition : reversed.conditions) condition.negated = !condition.negated;
    if (query.conditions.size() == 1 && is_about_trace(query.conditions.front().field))
      for (const Sample& trace : samples)
        check(matches(query, trace.row, trace.list.spans) !=
              matches(reversed, trace.row, trace.list.spans));
  }

  // Any text is found when it is quoted.
  const auto quoted = parse_query("a=" + quote_value(text));
  check(std::holds_alternative<Query>(quoted));
  const Condition& condition = std::get<Query>(quoted).conditions.front();
  check(condition.pattern.matches(text) && contains_folded(text, condition.text));
  check(compare_folded(text, condition.text) == 0);
}

}  // namespace
}  // namespace seamtrace::collector

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  seamtrace::collector::one({reinterpret_cast<const char*>(data), size});
  return 0;
}
