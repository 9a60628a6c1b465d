#include "collector/query/testing/trace_maker.h"

#include "collector/process/resource.h"
#include "collector/support/arena.h"

namespace seamtrace::collector::testing {
namespace {

Value copy_value(Arena& arena, const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return copy_text(arena, *text);
  const auto* array = std::get_if<std::span<const std::string_view>>(&value);
  if (array == nullptr) return value;
  std::pmr::polymorphic_allocator<std::string_view> allocator(&arena);
  std::string_view* kept = allocator.allocate(array->size());
  for (size_t i = 0; i < array->size(); ++i)
    std::construct_at(kept + i, copy_text(arena, (*array)[i]));
  return std::span<const std::string_view>(kept, array->size());
}

void copy_attributes(Arena& arena, const std::pmr::vector<Attribute>& from,
                     std::pmr::vector<Attribute>& to) {
  for (const Attribute& attribute : from)
    to.push_back({copy_text(arena, attribute.key), copy_value(arena, attribute.value)});
}

void copy_span(Arena& arena, const Span& from, Span& to) {
  to.trace_id = from.trace_id;
  to.span_id = from.span_id;
  to.parent_span_id = from.parent_span_id;
  to.parent_remote = from.parent_remote;
  to.trace_flags = from.trace_flags;
  to.kind = from.kind;
  to.status = from.status;
  to.association = from.association;
  to.status_message = copy_text(arena, from.status_message);
  to.trace_state = copy_text(arena, from.trace_state);
  to.name = copy_text(arena, from.name);
  to.scope = copy_text(arena, from.scope);
  to.start_unix_ns = from.start_unix_ns;
  to.end_unix_ns = from.end_unix_ns;
  to.dropped_attributes = from.dropped_attributes;
  to.dropped_events = from.dropped_events;
  to.dropped_links = from.dropped_links;
  to.resource = from.resource;
  copy_attributes(arena, from.attributes, to.attributes);
  for (const Event& event : from.events) {
    Event& copy = to.events.emplace_back();
    copy.time_unix_ns = event.time_unix_ns;
    copy.name = copy_text(arena, event.name);
    copy.dropped_attributes = event.dropped_attributes;
    copy_attributes(arena, event.attributes, copy.attributes);
  }
  for (const Link& link : from.links) {
    Link& copy = to.links.emplace_back();
    copy.trace_id = link.trace_id;
    copy.span_id = link.span_id;
    copy.trace_state = copy_text(arena, link.trace_state);
    copy.dropped_attributes = link.dropped_attributes;
    copy.remote = link.remote;
    copy_attributes(arena, link.attributes, copy.attributes);
  }
}

template <size_t kSize>
std::array<uint8_t, kSize> number_id(uint64_t number) {
  std::array<uint8_t, kSize> id{};
  id.front() = 0xa0;
  for (size_t i = 0; i < sizeof(number); ++i)
    id[kSize - 1 - i] |= static_cast<uint8_t>(number >> (8 * i));
  return id;
}

}  // namespace

TraceId trace_number(uint64_t number) { return number_id<16>(number); }
SpanId span_number(uint64_t number) { return number_id<8>(number); }

void copy_spans(const SpanList& from, SpanList& to) {
  for (const Span& span : from.spans)
    copy_span(*to.arena, span, to.spans.emplace_back(to.arena.get()));
}

Span& TraceMaker::add(std::string_view service, std::string_view name, SpanKind kind,
                      double offset_ms, double duration_ms, uint64_t parent) {
  auto resource = resources_.find(service);
  if (resource == resources_.end()) {
    auto made = std::make_shared<Resource>();
    made->set("service.name", service);
    made->set("process.pid", int64_t{4711});
    resource = resources_.emplace(std::string(service), std::move(made)).first;
  }
  Span& span = list_.spans.emplace_back(list_.arena.get());
  span.trace_id = trace_id_;
  span.span_id = span_number(list_.spans.size());
  if (parent != 0) span.parent_span_id = span_number(parent);
  span.association = parent != 0 ? wire::Association::kExact : wire::Association::kRoot;
  span.kind = kind;
  span.name = copy_text(*list_.arena, name);
  span.scope = "seamtrace.http";
  span.trace_flags = 1;
  span.start_unix_ns = start_unix_ns_ + static_cast<uint64_t>(offset_ms * kMillisecond);
  span.end_unix_ns = span.start_unix_ns + static_cast<uint64_t>(duration_ms * kMillisecond);
  span.resource = resource->second;
  return span;
}

TraceMaker& TraceMaker::set(std::string_view key, Value value) {
  Span& span = list_.spans.back();
  span.attributes.push_back({copy_text(*list_.arena, key), copy_value(*list_.arena, value)});
  return *this;
}

TraceMaker& TraceMaker::error(std::string_view message) {
  Span& span = list_.spans.back();
  span.status = StatusCode::kError;
  span.status_message = copy_text(*list_.arena, message);
  return *this;
}

}  // namespace seamtrace::collector::testing
