// Spans for tests: made by hand, so that every field is known.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "collector/process/batch.h"
#include "collector/process/resource.h"

namespace seamtrace::collector::testing {

inline constexpr uint64_t kStart = 1'700'000'000'000'000'000;
inline constexpr uint64_t kMillisecond = 1'000'000;

inline std::shared_ptr<const Resource> make_resource(std::string_view service) {
  auto resource = std::make_shared<Resource>();
  resource->set("service.name", service);
  resource->set("process.pid", int64_t{4711});
  return resource;
}

inline TraceId trace_id(uint8_t last) {
  TraceId id{};
  id.front() = 0x4b;
  id.back() = last;
  return id;
}

inline SpanId span_id(uint8_t last) {
  SpanId id{};
  if (last != 0) id.front() = 0xa0;
  id.back() = last;
  return id;
}

/// Builds one batch; texts must outlive it (literals).
class BatchMaker {
 public:
  explicit BatchMaker(uint64_t sequence = 1) : batch_(std::make_shared<Batch>()) {
    batch_->sequence = sequence;
  }

  /// A server span without parent, of 10 ms.
  Span& add(uint8_t id, std::string_view name, std::shared_ptr<const Resource> resource) {
    Span& span = batch_->list.spans.emplace_back();
    span.trace_id = trace_id(1);
    span.span_id = span_id(id);
    span.name = name;
    span.kind = SpanKind::kServer;
    span.scope = "seamtrace.http";
    span.trace_flags = 1;
    span.start_unix_ns = kStart;
    span.end_unix_ns = kStart + 10 * kMillisecond;
    span.resource = std::move(resource);
    return span;
  }

  std::vector<const Span*> spans() const {
    std::vector<const Span*> spans;
    for (const Span& span : batch_->list.spans) spans.push_back(&span);
    return spans;
  }

  BatchPtr batch() const { return batch_; }

 private:
  std::shared_ptr<Batch> batch_;
};

inline BatchPtr batch_of(uint64_t sequence, size_t spans,
                         const std::shared_ptr<const Resource>& resource) {
  BatchMaker maker(sequence);
  for (size_t i = 0; i < spans; ++i) maker.add(static_cast<uint8_t>(i + 1), "GET", resource);
  return maker.batch();
}

}  // namespace seamtrace::collector::testing
