// SpanGroups: spans in the order in which OTLP nests them.
// Path:    process -> [export/otlp] -> back end
// Memory:  borrows the spans; they must outlive the groups.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "collector/interpret/span.h"

namespace seamtrace::collector {

struct ScopeGroup {
  std::string_view scope;
  std::vector<const Span*> spans;
};

struct ResourceGroup {
  const Resource* resource = nullptr;
  std::vector<ScopeGroup> scopes;
};

/// Groups by resource, then by scope; each in the order of first appearance.
std::vector<ResourceGroup> group_spans(std::span<const Span* const> spans);

}  // namespace seamtrace::collector
