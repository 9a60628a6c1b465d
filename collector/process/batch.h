// Batch: spans on their way out, shared by all exporters.
// Path:    process -> [Batch] -> export
// Owner:   every exporter's queue holds a reference; immutable once made.
#pragma once

#include <cstdint>
#include <memory>

#include "collector/interpret/span.h"

namespace seamtrace::collector {

struct Batch {
  SpanList list;
  /// Grows by one with each batch of this collector. An exporter that is done with a batch
  /// (exported, or dropped and counted) says so by this number; the reader then acknowledges the
  /// records to the producers' segments.
  uint64_t sequence = 0;
};

using BatchPtr = std::shared_ptr<const Batch>;

}  // namespace seamtrace::collector
