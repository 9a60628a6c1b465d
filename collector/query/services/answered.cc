#include "collector/query/services/answered.h"

#include <algorithm>

namespace seamtrace::collector::services {

AnsweredRequests::Rank AnsweredRequests::rank(SpanKind kind) {
  switch (kind) {
    case SpanKind::kServer:
    case SpanKind::kConsumer:
      return Rank::kAnswered;
    case SpanKind::kClient:
    case SpanKind::kProducer:
      return Rank::kSent;
    default:
      return Rank::kInternal;
  }
}

AnsweredRequests::AnsweredRequests(const std::vector<Rollup>& rollups) {
  for (const Rollup& rollup : rollups) {
    const Rank mine = rank(rollup.operation.kind);
    const auto [entry, is_new] = best_.emplace(rollup.operation.service, mine);
    if (!is_new) entry->second = std::min(entry->second, mine);
  }
}

bool AnsweredRequests::has(const Rollup& rollup) const {
  const auto found = best_.find(rollup.operation.service);
  return found != best_.end() && found->second == rank(rollup.operation.kind);
}

std::string_view AnsweredRequests::counted(const std::string& service) const {
  const auto found = best_.find(service);
  if (found == best_.end() || found->second == Rank::kAnswered) return "requests";
  return found->second == Rank::kInternal ? "internal" : "calls";
}

}  // namespace seamtrace::collector::services
