#include "collector/query/bottlenecks/span_tree.h"

#include <cstring>
#include <unordered_map>

#include "collector/process/resource.h"

namespace seamtrace::collector::bottlenecks {
namespace {

uint64_t as_number(const SpanId& id) {
  uint64_t number = 0;
  std::memcpy(&number, id.data(), sizeof(number));
  return number;
}

std::vector<uint32_t> find_parents(const std::vector<Span>& spans) {
  std::unordered_map<uint64_t, uint32_t> by_id;
  by_id.reserve(spans.size());
  for (uint32_t i = 0; i < spans.size(); ++i) by_id.emplace(as_number(spans[i].span_id), i);
  std::vector<uint32_t> parents(spans.size(), SpanTree::kNone);
  for (uint32_t i = 0; i < spans.size(); ++i) {
    const uint64_t id = as_number(spans[i].parent_span_id);
    if (id == 0) continue;
    const auto found = by_id.find(id);
    if (found != by_id.end() && found->second != i) parents[i] = found->second;
  }
  return parents;
}

}  // namespace

SpanTree::SpanTree(const std::vector<Span>& spans)
    : spans_(&spans),
      parents_(find_parents(spans)),
      first_child_(spans.size() + 1),
      services_(spans.size()) {
  const Resource* resource = nullptr;
  std::string_view service;
  for (uint32_t i = 0; i < spans.size(); ++i) {
    // Spans of a process tend to come together.
    if (spans[i].resource.get() != resource) {
      resource = spans[i].resource.get();
      service = resource != nullptr ? resource->service_name() : std::string_view{};
    }
    services_[i] = service;
    if (parents_[i] != kNone)
      ++first_child_[parents_[i] + 1];
    else if (root_ == kNone || spans[i].start_unix_ns < spans[root_].start_unix_ns)
      root_ = i;
  }
  for (uint32_t i = 0; i < spans.size(); ++i) first_child_[i + 1] += first_child_[i];
  children_.resize(first_child_.back());
  std::vector<uint32_t> next(first_child_.begin(), first_child_.end() - 1);
  for (uint32_t i = 0; i < spans.size(); ++i)
    if (parents_[i] != kNone) children_[next[parents_[i]]++] = i;
}

}  // namespace seamtrace::collector::bottlenecks
