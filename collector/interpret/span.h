// Span: a request in OpenTelemetry's terms.
// Path:    interpret -> [Span] -> process -> export
// Memory:  every string_view borrows from the arena of the SpanList that owns
//          the span, or from static storage. Moving a SpanList keeps them valid.
// Source:  OTLP 1.11, opentelemetry/proto/trace/v1; semantic conventions 1.44.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/records.h"

namespace seamtrace::collector {

class Resource;  // process/resource.h

/// A string array is the only array type that the conventions we emit use.
using Value =
    std::variant<std::string_view, int64_t, bool, double, std::span<const std::string_view>>;

struct Attribute {
  std::string_view key;
  Value value;
};

using TraceId = std::array<uint8_t, 16>;
using SpanId = std::array<uint8_t, 8>;

/// OTLP numbers.
enum class SpanKind : uint8_t {
  kInternal = 1,
  kServer = 2,
  kClient = 3,
  kProducer = 4,
  kConsumer = 5
};
enum class StatusCode : uint8_t { kUnset = 0, kOk = 1, kError = 2 };

struct Event {
  uint64_t time_unix_ns = 0;
  std::string_view name;
  std::pmr::vector<Attribute> attributes;
  uint32_t dropped_attributes = 0;
};

struct Link {
  TraceId trace_id{};
  SpanId span_id{};
  std::string_view trace_state;
  std::pmr::vector<Attribute> attributes;
  uint32_t dropped_attributes = 0;
  bool remote = true;
};

struct Span {
  Span() = default;
  /// Its lists live in `arena`. A span is moved by construction, never assigned: an assignment
  /// would copy the lists out of the arena.
  explicit Span(std::pmr::memory_resource* arena)
      : attributes(arena), events(arena), links(arena) {}

  TraceId trace_id{};
  SpanId span_id{};
  SpanId parent_span_id{};  ///< all zero: a root
  bool parent_remote = false;
  uint8_t trace_flags = 0;  ///< W3C
  SpanKind kind = SpanKind::kInternal;
  StatusCode status = StatusCode::kUnset;
  wire::Association association = wire::Association::kRoot;
  std::string_view status_message;
  std::string_view trace_state;
  std::string_view name;
  std::string_view scope;  ///< instrumentation scope, e.g. `seamtrace.http`
  uint64_t start_unix_ns = 0;
  uint64_t end_unix_ns = 0;
  std::pmr::vector<Attribute> attributes;
  std::pmr::vector<Event> events;
  std::pmr::vector<Link> links;
  uint32_t dropped_attributes = 0;
  uint32_t dropped_events = 0;
  uint32_t dropped_links = 0;
  /// The process that made it; the same object for all its spans.
  std::shared_ptr<const Resource> resource;
};

/// Spans and the arena that their strings live in.
struct SpanList {
  std::unique_ptr<std::pmr::monotonic_buffer_resource> arena =
      std::make_unique<std::pmr::monotonic_buffer_resource>(64 * 1024);
  std::vector<Span> spans;
};

}  // namespace seamtrace::collector
