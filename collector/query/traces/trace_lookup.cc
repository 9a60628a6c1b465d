#include "collector/query/traces/trace_lookup.h"

#include "collector/query/language/text_match.h"
#include "collector/query/question.h"

namespace seamtrace::collector::traces {
namespace {

constexpr size_t kLeastDigits = 8;

QueryAnswer no_such_trace(const std::string& id) {
  return not_found("There is no trace " + id +
                   " in the store; it may be too old, or its id may be mistyped");
}

std::variant<TraceRow, QueryAnswer> look_up_beginning(StoreReader& store,
                                                      const std::string& digits) {
  std::optional<TraceRow> found;
  bool several = false;
  const auto error = store.scan({}, nullptr, [&](const TraceRow& row) {
    if (!begins_with(row.trace_id, digits)) return true;
    several = found.has_value();
    found = row;
    return !several;
  });
  if (error) return store_fault(*error);
  if (several)
    return bad_question("Several traces begin with " + digits + "; give more digits of the id");
  if (!found) return no_such_trace(digits);
  return *std::move(found);
}

}  // namespace

std::variant<TraceRow, QueryAnswer> look_up(StoreReader& store, std::string_view id) {
  const std::string digits = fold_case(id);
  if (digits.find_first_not_of("0123456789abcdef") != std::string::npos ||
      digits.size() < kLeastDigits || digits.size() > 2 * sizeof(TraceId))
    return bad_question(
        "A trace's id has 32 hexadecimal digits; give all of them, or the first 8 or more");
  const auto whole = parse_trace_id(digits);
  if (!whole) return look_up_beginning(store, digits);
  auto found = store.find(*whole);
  if (!found) return no_such_trace(digits);
  return *std::move(found);
}

}  // namespace seamtrace::collector::traces
