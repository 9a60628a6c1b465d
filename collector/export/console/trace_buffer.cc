#include "collector/export/console/trace_buffer.h"

#include <algorithm>
#include <set>

#include "collector/export/text.h"

namespace seamtrace::collector {

namespace {

void sort_by_start(std::vector<TraceBuffer::Trace>& traces) {
  std::ranges::stable_sort(traces, {}, [](const TraceBuffer::Trace& trace) {
    return std::ranges::min_element(trace, {}, &TreeSpan::start_unix_ns)->start_unix_ns;
  });
}

}  // namespace

void TraceBuffer::add(TreeSpan span, Clock::time_point now) {
  auto found = by_id_.find(span.trace_id);
  if (found == by_id_.end()) {
    pending_.push_back({span.trace_id, {}, {}, {}});
    found = by_id_.emplace(span.trace_id, std::prev(pending_.end())).first;
  }
  Pending& pending = *found->second;
  pending.spans.push_back(std::move(span));
  pending.last_added = now;
  // Whether a parent is missing is looked at when the grace is over, not for every span.
  pending.ready = now + options_.grace;
  ++spans_;
}

bool TraceBuffer::misses_parent(const Trace& spans) {
  std::set<SpanId> ids;
  for (const TreeSpan& span : spans) ids.insert(span.span_id);
  return std::ranges::any_of(spans, [&](const TreeSpan& span) {
    return !span.parent_remote && !is_zero(span.parent_span_id) &&
           !ids.contains(span.parent_span_id);
  });
}

TraceBuffer::Trace TraceBuffer::take(Position pending) {
  Trace spans = std::move(pending->spans);
  spans_ -= spans.size();
  by_id_.erase(pending->id);
  pending_.erase(pending);
  return spans;
}

std::vector<TraceBuffer::Trace> TraceBuffer::take_ready(Clock::time_point now) {
  std::vector<Trace> traces;
  for (auto next = pending_.begin(); next != pending_.end();) {
    const auto pending = next++;
    if (pending->ready > now) continue;
    const auto patient_until = pending->last_added + options_.patience;
    if (now < patient_until && misses_parent(pending->spans)) {
      pending->ready = patient_until;
      continue;
    }
    traces.push_back(take(pending));
  }
  while (spans_ > options_.capacity) traces.push_back(take(pending_.begin()));
  sort_by_start(traces);
  return traces;
}

std::vector<TraceBuffer::Trace> TraceBuffer::take_all() {
  std::vector<Trace> traces;
  while (!pending_.empty()) traces.push_back(take(pending_.begin()));
  sort_by_start(traces);
  return traces;
}

std::optional<TraceBuffer::Clock::time_point> TraceBuffer::next_ready() const {
  if (pending_.empty()) return {};
  return std::ranges::min_element(pending_, {}, &Pending::ready)->ready;
}

}  // namespace seamtrace::collector
