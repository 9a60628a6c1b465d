// SpanTree: the spans of one trace with their children.
// Path:    store -> [query/bottlenecks] -> services
// Owner:   a value for one trace; borrows the spans.
// Memory:  32 bytes a span.
// Failure: none. A span whose parent is not here is a root; of two spans with one id the first is
//          the parent; spans in a circle are nobody's descendants.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "collector/interpret/span.h"

namespace seamtrace::collector::bottlenecks {

class SpanTree {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  explicit SpanTree(const std::vector<Span>& spans);

  uint32_t size() const { return static_cast<uint32_t>(spans_->size()); }
  const Span& span(uint32_t index) const { return (*spans_)[index]; }
  /// kNone: a root.
  uint32_t parent(uint32_t index) const { return parents_[index]; }
  /// In the order of the spans.
  std::span<const uint32_t> children(uint32_t index) const {
    return std::span(children_).subspan(first_child_[index],
                                        first_child_[index + 1] - first_child_[index]);
  }
  /// service.name of its resource; empty when there is none.
  std::string_view service(uint32_t index) const { return services_[index]; }
  /// The earliest root; kNone when there is none.
  uint32_t root() const { return root_; }

 private:
  const std::vector<Span>* spans_;
  std::vector<uint32_t> parents_;
  std::vector<uint32_t> first_child_;  ///< into children_; one more than there are spans
  std::vector<uint32_t> children_;
  std::vector<std::string_view> services_;
  uint32_t root_ = kNone;
};

}  // namespace seamtrace::collector::bottlenecks
