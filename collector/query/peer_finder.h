// PeerFinder: the other end of each client span of a trace, with what the whole trace tells.
// Path:    store (a whole trace) -> [query]
// Owner:   one per trace; borrows its spans.
// Memory:  one entry per server and consumer span that has a parent.
// Failure: none; a span without another end has a node of kind kNone.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "collector/interpret/span.h"
#include "collector/store/trace_row.h"

namespace seamtrace::collector {

/// Kind and name, as in `database:postgresql shop`: tells a node from every other, and stays the
/// same from answer to answer.
std::string node_id(const Node& node);

class PeerFinder {
 public:
  explicit PeerFinder(std::span<const Span> spans);

  /// The service that answered when its span is here, else what the span itself says.
  Node peer(const Span& span) const;
  /// The service that answered a client or producer span; empty when its span is not here.
  std::string_view answering_service(const Span& span) const;

 private:
  std::unordered_map<uint64_t, std::string_view> service_by_parent_;
};

}  // namespace seamtrace::collector
