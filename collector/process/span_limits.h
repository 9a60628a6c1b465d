// SpanLimits: the limits of OpenTelemetry on what a span may hold.
// Path:    interpret -> [process] -> export
// Memory:  shortened text is a shorter view; an array with a shortened element is copied into
//          the arena.
// Source:  OpenTelemetry specification, common (attribute limits) and trace SDK (span limits).
#pragma once

#include <cstdint>
#include <optional>

#include "collector/interpret/span.h"
#include "collector/support/arena.h"
#include "collector/support/configuration.h"

namespace seamtrace::collector {

struct SpanLimits {
  static SpanLimits from(const Configuration& configuration);

  /// Cuts `span` down and adds to its dropped counts.
  void apply(Span& span, Arena& arena) const;

  std::optional<uint64_t> value_length;  ///< in characters; none: no limit
  uint64_t attributes = 128;             ///< top level only
  uint64_t events = 128;
  uint64_t links = 128;
  uint64_t event_attributes = 128;
  uint64_t link_attributes = 128;
};

}  // namespace seamtrace::collector
