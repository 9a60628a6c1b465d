#include "collector/process/span_limits.h"

#include <algorithm>

namespace seamtrace::collector {
namespace {

template <typename Items>
void cut(Items& items, uint64_t limit, uint32_t& dropped) {
  if (items.size() <= limit) return;
  dropped += static_cast<uint32_t>(items.size() - limit);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(limit), items.end());
}

Value shortened(const Value& value, uint64_t length, Arena& arena) {
  if (const auto* text = std::get_if<std::string_view>(&value))
    return truncate_utf8_characters(*text, length);
  const auto* array = std::get_if<std::span<const std::string_view>>(&value);
  if (array == nullptr || std::none_of(array->begin(), array->end(),
                                       [&](std::string_view text) { return text.size() > length; }))
    return value;
  std::pmr::polymorphic_allocator<std::string_view> allocator(&arena);
  std::string_view* copy = allocator.allocate(array->size());
  for (size_t i = 0; i < array->size(); ++i)
    std::construct_at(copy + i, truncate_utf8_characters((*array)[i], length));
  return std::span<const std::string_view>(copy, array->size());
}

}  // namespace

SpanLimits SpanLimits::from(const Configuration& configuration) {
  const auto number = [&](std::initializer_list<std::string_view> names) {
    return configuration.number(configuration.first_set(names));
  };
  SpanLimits limits;
  limits.value_length =
      number({"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"});
  limits.attributes =
      number({"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"}).value_or(128);
  limits.events = number({"OTEL_SPAN_EVENT_COUNT_LIMIT"}).value_or(128);
  limits.links = number({"OTEL_SPAN_LINK_COUNT_LIMIT"}).value_or(128);
  limits.event_attributes = number({"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"}).value_or(128);
  limits.link_attributes = number({"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"}).value_or(128);
  return limits;
}

void SpanLimits::apply(Span& span, Arena& arena) const {
  cut(span.attributes, attributes, span.dropped_attributes);
  cut(span.events, events, span.dropped_events);
  cut(span.links, links, span.dropped_links);
  for (Event& event : span.events)
    cut(event.attributes, event_attributes, event.dropped_attributes);
  for (Link& link : span.links) cut(link.attributes, link_attributes, link.dropped_attributes);
  if (!value_length) return;
  const auto shorten = [&](auto& list) {
    for (Attribute& attribute : list)
      attribute.value = shortened(attribute.value, *value_length, arena);
  };
  shorten(span.attributes);
  for (Event& event : span.events) shorten(event.attributes);
  for (Link& link : span.links) shorten(link.attributes);
}

}  // namespace seamtrace::collector
