#include "collector/store/trace_state.h"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace seamtrace::collector::store {
namespace {

constexpr size_t kSearched = 24;

bool calls(const SpanDigest& span) {
  return span.kind == SpanKind::kClient || span.kind == SpanKind::kProducer;
}

}  // namespace

std::optional<uint32_t> TraceState::find(uint64_t span_id) const {
  if (!index_.empty()) {
    const auto at = index_.find(span_id);
    return at == index_.end() ? std::nullopt : std::optional(at->second);
  }
  for (uint32_t i = 0; i < spans_.size(); ++i) {
    if (spans_[i].span_id == span_id) return i;
  }
  return std::nullopt;
}

void TraceState::add(const SpanDigest& digest, uint32_t service) {
  const auto number = static_cast<uint32_t>(spans_.size());
  spans_.push_back(digest);
  if (!index_.empty()) {
    index_.emplace(digest.span_id, number);
  } else if (spans_.size() > kSearched) {
    for (uint32_t i = 0; i < spans_.size(); ++i) index_.emplace(spans_[i].span_id, i);
  }
  parentless_.push_back(number);
  start_ns = std::min(start_ns, digest.start_ns);
  end_ns = std::max(end_ns, digest.start_ns + digest.duration_ns);
  if (digest.status == StatusCode::kError) ++errors;
  if (std::find(services.begin(), services.end(), service) == services.end()) {
    services.push_back(service);
  }
}

bool TraceState::before(const SpanDigest& left, const SpanDigest& right) {
  // Equal starts: the one without any parent first, then whatever is the same in every order.
  const auto key = [](const SpanDigest& span) {
    return std::tuple(span.start_ns, span.parent_id != 0, span.span_id);
  };
  return key(left) < key(right);
}

bool TraceState::better_answer(uint32_t candidate, const SpanDigest& client) const {
  return client.answer == 0 || before(spans_[candidate], spans_[client.answer - 1]);
}

std::vector<EdgeChange> TraceState::resolve() {
  std::vector<EdgeChange> changes;
  std::unordered_map<uint32_t, uint32_t> earlier;  // client that was counted -> its old answer
  std::erase_if(parentless_, [&](uint32_t child) {
    const SpanDigest& span = spans_[child];
    if (span.parent_id == 0) return false;
    const std::optional<uint32_t> parent = find(span.parent_id);
    if (!parent || *parent == child) return false;
    SpanDigest& caller = spans_[*parent];
    if (calls(caller) && span.kind == SpanKind::kServer && better_answer(child, caller)) {
      if (*parent < resolved_) earlier.try_emplace(*parent, caller.answer);
      caller.answer = child + 1;
    }
    return true;
  });
  changes.reserve(earlier.size());
  for (const auto& [client, answer] : earlier) {
    changes.push_back({client, true, answer, spans_[client].answer});
  }
  for (; resolved_ < spans_.size(); ++resolved_) {
    const SpanDigest& span = spans_[resolved_];
    if (calls(span)) changes.push_back({static_cast<uint32_t>(resolved_), false, 0, span.answer});
  }
  return changes;
}

const SpanDigest& TraceState::root() const {
  assert(!spans_.empty());
  // Parents that go round in a circle leave no span without one.
  if (parentless_.empty()) return *std::min_element(spans_.begin(), spans_.end(), before);
  return spans_[*std::min_element(
      parentless_.begin(), parentless_.end(),
      [this](uint32_t left, uint32_t right) { return before(spans_[left], spans_[right]); })];
}

}  // namespace seamtrace::collector::store
