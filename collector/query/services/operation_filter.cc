#include "collector/query/services/operation_filter.h"

#include <utility>

namespace seamtrace::collector::services {

Result<OperationFilter> OperationFilter::from(const Question& question) {
  OperationFilter filter;
  for (auto& [name, member] : {std::pair{"service", &OperationFilter::service},
                               std::pair{"operation", &OperationFilter::operation},
                               std::pair{"peer", &OperationFilter::peer}}) {
    Result<std::string> text = question.text(name);
    if (!text) return text.error();
    filter.*member = std::move(*text);
  }
  const Result<std::optional<SpanKind>> kind = question.kind();
  if (!kind) return kind.error();
  filter.kind = *kind;
  return filter;
}

bool OperationFilter::matches(const OperationKey& key) const {
  return (service.empty() || key.service == service) &&
         (operation.empty() || key.name == operation) && (!kind || key.kind == *kind) &&
         (peer.empty() || key.peer.name == peer);
}

}  // namespace seamtrace::collector::services
