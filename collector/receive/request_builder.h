// RequestBuilder: what both decoders do alike: spans are made, checked, and refused.
// Path:    decoders -> [receive] -> SpanList
// Owner:   one for each request.
// Memory:  texts are copied into the list's arena; what a request may become is bounded.
// Failure: throws RequestFault; a bad span is left out and counted.
// Source:  OTLP 1.11, opentelemetry/proto/trace/v1/trace.proto.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/process/resource.h"
#include "collector/receive/attribute_list.h"
#include "collector/receive/receiver_limits.h"
#include "collector/receive/refusal.h"
#include "collector/receive/resource_cache.h"
#include "collector/support/arena.h"

namespace seamtrace::collector {

/// A request's spans, and what was not taken of it.
struct DecodedRequest {
  std::optional<RequestFault> fault;  ///< of all of it; then there are no spans
  SpanList list;
  uint64_t rejected = 0;                   ///< spans
  std::map<Refusal, uint64_t> rejections;  ///< by reason
  std::string message;  ///< for people: what was rejected or changed, and why; empty: nothing
};

inline constexpr std::string_view kScopePrefix = "otel.scope.";

/// Attribute keys as the spans will have them: kScopePrefix before each.
struct ScopeParts {
  explicit ScopeParts(Arena* arena) : attributes(arena) {}
  std::string_view name;
  std::string_view version;
  std::pmr::vector<Attribute> attributes;
};

/// Fields of a span that need to be checked before they mean anything.
struct SpanHead {
  std::string_view trace_id;  ///< the bytes
  std::string_view span_id;
  std::string_view parent_span_id;
  uint64_t kind = 0;
  uint64_t status = 0;
  uint32_t flags = 0;
  uint32_t links_left_out = 0;  ///< by end_link
};

struct LinkHead {
  std::string_view trace_id;
  std::string_view span_id;
  uint32_t flags = 0;
};

class RequestBuilder {
 public:
  RequestBuilder(ResourceCache& resources, const ReceiverLimits& limits)
      : resources_(resources), limits_(limits) {}

  Arena& arena() { return *request_.list.arena; }

  /// Every span, attribute, event, link and nested value is one.
  void count_part();

  void set_resource(std::span<const Attribute> attributes);
  /// `scope` stays until the next one.
  void set_scope(const ScopeParts* scope) { scope_ = scope; }

  /// The next span; its texts must live in the arena.
  Span& begin_span();
  /// Throws SpanFault; the caller hands it to reject_span.
  void end_span(const SpanHead& head);
  void reject_span(const SpanFault& fault);

  Event& add_event(Span& span);
  Link begin_link();
  /// A link that names no span is left out, and counted as dropped.
  void end_link(Span& span, SpanHead& span_head, Link&& link, const LinkHead& head);

  DecodedRequest finish();
  static DecodedRequest refuse(RequestFault fault);

 private:
  void check_times(Span& span);
  void add_scope(Span& span);

  ResourceCache& resources_;
  const ReceiverLimits& limits_;
  DecodedRequest request_;
  std::shared_ptr<const Resource> resource_;
  const ScopeParts* scope_ = nullptr;
  size_t parts_ = 0;
  std::map<std::string, uint64_t> faults_;  ///< sentence -> spans
  uint64_t turned_ = 0;                     ///< spans that ended before they began
  uint64_t links_left_out_ = 0;
};

}  // namespace seamtrace::collector
