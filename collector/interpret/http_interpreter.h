// HttpInterpreter: an exchange record -> a span with the semantic conventions of HTTP.
// Path:    ring_reader -> [interpret] -> process
// Owner:   one per traced process.
// Threads: one caller at a time.
// Memory:  all text of the span is copied into the arena given; nothing of the record stays.
// Failure: none; every record that ring_reader lets through becomes a span, whatever its bytes.
// Source:  semantic conventions 1.44, HTTP spans.
#pragma once

#include <memory>

#include "collector/interpret/http_options.h"
#include "collector/interpret/span.h"
#include "collector/ring_reader/record.h"
#include "collector/support/arena.h"
#include "collector/support/clock.h"

namespace seamtrace::collector {

class HttpInterpreter {
 public:
  HttpInterpreter(HttpOptions options, ProducerClock clock,
                  std::shared_ptr<const Resource> resource);

  /// `now_unix_ns`: the collector's clock, read once for many records.
  Span interpret(const Record& record, Arena& arena, uint64_t now_unix_ns) const;

 private:
  HttpOptions options_;
  ProducerClock clock_;
  std::shared_ptr<const Resource> resource_;
};

}  // namespace seamtrace::collector
