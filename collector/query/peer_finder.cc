#include "collector/query/peer_finder.h"

#include <cstring>

#include "collector/process/resource.h"
#include "collector/store/peer.h"

namespace seamtrace::collector {
namespace {

uint64_t as_number(const SpanId& id) {
  uint64_t number = 0;
  std::memcpy(&number, id.data(), sizeof(number));
  return number;
}

}  // namespace

std::string node_id(const Node& node) {
  return std::string(node_kind_name(node.kind)) + ":" + node.name;
}

PeerFinder::PeerFinder(std::span<const Span> spans) {
  for (const Span& span : spans) {
    const bool answers = span.kind == SpanKind::kServer || span.kind == SpanKind::kConsumer;
    if (!answers || span.parent_span_id == SpanId{} || span.resource == nullptr) continue;
    service_by_parent_.emplace(as_number(span.parent_span_id), span.resource->service_name());
  }
}

Node PeerFinder::peer(const Span& span) const {
  const std::string_view service = answering_service(span);
  if (!service.empty()) return {NodeKind::kService, "", std::string(service)};
  return peer_of(span);
}

std::string_view PeerFinder::answering_service(const Span& span) const {
  if (span.kind != SpanKind::kClient && span.kind != SpanKind::kProducer) return {};
  const auto found = service_by_parent_.find(as_number(span.span_id));
  return found == service_by_parent_.end() ? std::string_view{} : found->second;
}

}  // namespace seamtrace::collector
