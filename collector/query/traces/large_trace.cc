#include "collector/query/traces/large_trace.h"

#include <malloc.h>

#include <algorithm>
#include <mutex>

namespace seamtrace::collector::traces {
namespace {

constexpr size_t kManySpans = 10'000;
/// What a span and an attribute take beside their texts.
constexpr size_t kSpanBytes = 256, kAttributeBytes = 16;

size_t bytes_of(const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return text->size();
  size_t bytes = 0;
  if (const auto* list = std::get_if<std::span<const std::string_view>>(&value))
    for (const std::string_view element : *list) bytes += kAttributeBytes + element.size();
  return bytes;
}

size_t bytes_of(std::span<const Attribute> attributes) {
  size_t bytes = 0;
  for (const Attribute& attribute : attributes)
    bytes += kAttributeBytes + attribute.key.size() + bytes_of(attribute.value);
  return bytes;
}

size_t bytes_of(const Span& span) {
  size_t bytes = kSpanBytes + span.name.size() + span.scope.size() + span.status_message.size() +
                 span.trace_state.size() + bytes_of(span.attributes);
  for (const Event& event : span.events)
    bytes += kAttributeBytes + event.name.size() + bytes_of(event.attributes);
  for (const Link& link : span.links)
    bytes += kSpanBytes + link.trace_state.size() + bytes_of(link.attributes);
  return bytes;
}

/// One large answer at a time.
class Turn {
 public:
  Turn() : lock_(mutex()) {}
  ~Turn() { malloc_trim(0); }

 private:
  static std::mutex& mutex() {
    static std::mutex the_mutex;
    return the_mutex;
  }
  std::unique_lock<std::mutex> lock_;
};

}  // namespace

size_t spans_within(const std::vector<Span>& spans, const TraceLimits& limits) {
  const size_t most = std::min(spans.size(), limits.spans);
  size_t bytes = 0;
  for (size_t i = 0; i < most; ++i) {
    bytes += bytes_of(spans[i]);
    if (bytes > limits.bytes) return std::max<size_t>(i, 1);
  }
  return most;
}

std::shared_ptr<const void> take_turn(size_t spans) {
  return spans > kManySpans ? std::make_shared<const Turn>() : nullptr;
}

}  // namespace seamtrace::collector::traces
