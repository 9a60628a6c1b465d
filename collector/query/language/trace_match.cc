#include "collector/query/language/trace_match.h"

#include <algorithm>
#include <optional>
#include <set>

#include "collector/query/language/span_match.h"
#include "collector/query/peer_finder.h"
#include "collector/query/question.h"

namespace seamtrace::collector {
namespace {

uint64_t duration_of(const TraceRow& row) {
  return duration_ns(row.start_unix_ns, row.end_unix_ns);
}

bool holds_for_trace(const Condition& condition, const TraceRow& row) {
  switch (condition.field) {
    case Field::kTraceId: {
      const bool compares = begins_with(row.trace_id, condition.text);
      return compares != (condition.unlike != condition.negated);
    }
    case Field::kTraceDuration:
      return holds_for_number(condition, Number::of(static_cast<int64_t>(duration_of(row))));
    case Field::kTraceSpans:
      return holds_for_number(condition, Number::of(int64_t{row.spans}));
    case Field::kTraceErrors:
      return holds_for_number(condition, Number::of(int64_t{row.errors}));
    case Field::kRootService:
      return holds_for_text(condition, row.root_service);
    case Field::kRootName:
      return holds_for_text(condition, row.root_name);
    default:
      return true;
  }
}

/// The row has its root's own name.
bool tells_name(const TraceRow& row) { return row.root_name != kOtherOperations; }

/// The name of the span without a parent here; of the earliest when there are several.
/// REQUIRES: the spans are sorted by start.
std::string_view root_name(std::span<const Span> spans) {
  std::set<SpanId> ids;
  for (const Span& span : spans) ids.insert(span.span_id);
  for (const Span& span : spans)
    if (ids.count(span.parent_span_id) == 0) return span.name;
  return spans.empty() ? std::string_view{} : spans.front().name;
}

/// True when the row leaves open whether the condition about the trace holds.
bool is_open(const Condition& condition, const TraceRow& row) {
  return condition.field == Field::kRootName && !tells_name(row);
}

/// What a row says about its root, as a span would; false for what it does not say.
bool holds_for_root(const Condition& condition, const TraceRow& row) {
  switch (condition.field) {
    case Field::kStatus:
      return holds_for_status(condition, row.root_status);
    case Field::kKind:
      return holds_for_kind(condition, row.root_kind);
    case Field::kService:
      return holds_for_text(condition, row.root_service);
    case Field::kName:
      return tells_name(row) && holds_for_text(condition, row.root_name);
    default:
      return false;
  }
}

bool root_tells(Field field, const TraceRow& row) {
  return field == Field::kStatus || field == Field::kKind || field == Field::kService ||
         (field == Field::kName && tells_name(row));
}

/// The conditions about spans, in groups that a row can say something about.
struct SpanConditions {
  explicit SpanConditions(const Query& query) {
    const auto first =
        std::find_if(query.conditions.begin(), query.conditions.end(),
                     [](const Condition& condition) { return !is_about_trace(condition.field); });
    all = {first, query.conditions.end()};
  }
  bool any() const { return !all.empty(); }
  template <typename Predicate>
  bool every(Predicate predicate) const {
    return std::all_of(all.begin(), all.end(), predicate);
  }

  std::span<const Condition> all;
};

/// One and the same service must satisfy all conditions about services.
bool some_service_fits(const SpanConditions& conditions, const TraceRow& row) {
  if (conditions.every([](const Condition& c) { return c.field != Field::kService; })) return true;
  return std::any_of(row.services.begin(), row.services.end(), [&](const std::string& service) {
    return conditions.every([&](const Condition& condition) {
      return condition.field != Field::kService || holds_for_text(condition, service);
    });
  });
}

/// False: no span's status can fit.
bool some_status_fits(const SpanConditions& conditions, const TraceRow& row) {
  const auto fits = [&](StatusCode status) {
    return conditions.every([&](const Condition& condition) {
      return condition.field != Field::kStatus || holds_for_status(condition, status);
    });
  };
  if (row.errors > 0 && fits(StatusCode::kError)) return true;
  return row.errors < row.spans && (fits(StatusCode::kUnset) || fits(StatusCode::kOk));
}

/// False: the whole trace is too short for a span of such a duration.
bool is_long_enough(const SpanConditions& conditions, const TraceRow& row) {
  const auto longest = Number::of(static_cast<int64_t>(duration_of(row)));
  return conditions.every([&](const Condition& condition) {
    if (condition.field != Field::kDuration) return true;
    const int order = compare(longest, *condition.number);
    const bool inverse = condition.unlike != condition.negated;
    switch (condition.comparison) {
      case Comparison::kGreater:
        return inverse || order == 1;
      case Comparison::kGreaterEqual:
      case Comparison::kEqual:
        return inverse || order >= 0;
      case Comparison::kLess:
        return !inverse || order >= 0;
      case Comparison::kLessEqual:
        return !inverse || order == 1;
      case Comparison::kContains:
        break;
    }
    return true;
  });
}

/// True: the counts in the row prove that there is a span that fits.
bool counts_prove(const SpanConditions& conditions, const TraceRow& row) {
  const auto is_about = [](Field field) {
    return [field](const Condition& condition) { return condition.field == field; };
  };
  if (conditions.every(is_about(Field::kService))) return true;
  // Of a failed span nothing is known but its status, unless all spans are of one service.
  const bool one_service = row.services.size() == 1 || conditions.every(is_about(Field::kStatus));
  return one_service && row.errors > 0 && conditions.every([](const Condition& condition) {
    return condition.field == Field::kService ||
           (condition.field == Field::kStatus && holds_for_status(condition, StatusCode::kError));
  });
}

}  // namespace

RowVerdict check_row(const Query& query, const TraceRow& row) {
  bool open = false;
  for (const Condition& condition : query.conditions) {
    if (!is_about_trace(condition.field)) continue;
    if (is_open(condition, row)) {
      open = true;
    } else if (!holds_for_trace(condition, row)) {
      return RowVerdict::kNo;
    }
  }
  const RowVerdict yes = open ? RowVerdict::kMaybe : RowVerdict::kYes;
  const SpanConditions conditions(query);
  if (!conditions.any()) return yes;
  if (!some_service_fits(conditions, row) || !some_status_fits(conditions, row) ||
      !is_long_enough(conditions, row))
    return RowVerdict::kNo;
  if (counts_prove(conditions, row)) return yes;
  const auto holds = [&](const Condition& condition) { return holds_for_root(condition, row); };
  if (conditions.every(holds)) return yes;
  // The root is all there is.
  if (row.spans == 1 &&
      !conditions.every([&](const Condition& c) { return !root_tells(c.field, row) || holds(c); }))
    return RowVerdict::kNo;
  return RowVerdict::kMaybe;
}

bool matches(const Query& query, const TraceRow& row, std::span<const Span> spans) {
  for (const Condition& condition : query.conditions) {
    if (!is_about_trace(condition.field)) continue;
    if (is_open(condition, row) ? !holds_for_text(condition, root_name(spans))
                                : !holds_for_trace(condition, row))
      return false;
  }
  const SpanConditions conditions(query);
  if (!conditions.any()) return true;
  std::optional<PeerFinder> peers;
  if (std::any_of(conditions.all.begin(), conditions.all.end(), needs_peers)) peers.emplace(spans);
  return std::any_of(spans.begin(), spans.end(), [&](const Span& span) {
    return conditions.every([&](const Condition& condition) {
      return holds_for_span(condition, span, peers ? &*peers : nullptr);
    });
  });
}

}  // namespace seamtrace::collector
