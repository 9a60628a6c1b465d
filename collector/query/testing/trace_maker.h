// TraceMaker: one trace for a test, span by span.
// Memory:  copies every text; a Span& stays good until the next add().
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "collector/interpret/span.h"

namespace seamtrace::collector::testing {

inline constexpr uint64_t kMillisecond = 1'000'000;
inline constexpr uint64_t kSecond = 1'000'000'000;
/// A whole minute in November 2023.
inline constexpr uint64_t kTraceStart = 1'699'999'980 * kSecond;

/// `number` in the last bytes; never all zero.
TraceId trace_number(uint64_t number);
SpanId span_number(uint64_t number);

/// Copies the spans, and every text of theirs, to the end of `to`.
void copy_spans(const SpanList& from, SpanList& to);

class TraceMaker {
 public:
  explicit TraceMaker(uint64_t number, uint64_t start_unix_ns = kTraceStart)
      : trace_id_(trace_number(number)), start_unix_ns_(start_unix_ns) {}

  /// Offset and duration in milliseconds since the trace's start. `parent`: the number of a span
  /// added before (the first one is 1); 0: none.
  Span& add(std::string_view service, std::string_view name, SpanKind kind, double offset_ms,
            double duration_ms, uint64_t parent = 0);
  /// An attribute of the last span.
  TraceMaker& set(std::string_view key, Value value);
  TraceMaker& error(std::string_view message = {});

  const TraceId& trace_id() const { return trace_id_; }
  /// What was added; the maker is empty afterwards.
  SpanList take() { return std::move(list_); }

 private:
  TraceId trace_id_;
  uint64_t start_unix_ns_;
  SpanList list_;
  std::map<std::string, std::shared_ptr<const Resource>, std::less<>> resources_;
};

}  // namespace seamtrace::collector::testing
