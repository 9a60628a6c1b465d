#include "collector/export/otlp/span_groups.h"

#include <algorithm>

namespace seamtrace::collector {

std::vector<ResourceGroup> group_spans(std::span<const Span* const> spans) {
  std::vector<ResourceGroup> groups;
  ResourceGroup* resource = nullptr;
  ScopeGroup* scope = nullptr;
  for (const Span* span : spans) {
    // Neighbours mostly come from one process, so the last group is nearly always the right one.
    if (resource == nullptr || resource->resource != span->resource.get()) {
      const auto found = std::ranges::find(groups, span->resource.get(), &ResourceGroup::resource);
      resource = found != groups.end()
                     ? &*found
                     : &groups.emplace_back(ResourceGroup{span->resource.get(), {}});
      scope = nullptr;
    }
    if (scope == nullptr || scope->scope != span->scope) {
      const auto found = std::ranges::find(resource->scopes, span->scope, &ScopeGroup::scope);
      scope = found != resource->scopes.end()
                  ? &*found
                  : &resource->scopes.emplace_back(ScopeGroup{span->scope, {}});
    }
    scope->spans.push_back(span);
  }
  return groups;
}

}  // namespace seamtrace::collector
