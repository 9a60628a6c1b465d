#include "collector/process/resource.h"

#include <memory>

#include "collector/support/arena.h"

namespace seamtrace::collector {

std::string_view Resource::text(std::string_view key) const {
  for (const Attribute& attribute : attributes_) {
    if (attribute.key != key) continue;
    const auto* value = std::get_if<std::string_view>(&attribute.value);
    return value == nullptr ? std::string_view{} : *value;
  }
  return {};
}

std::string_view Resource::keep(std::string_view text) { return copy_valid_text(arena_, text); }

void Resource::put(std::string_view key, Value value) {
  for (Attribute& attribute : attributes_) {
    if (attribute.key != key) continue;
    attribute.value = value;
    return;
  }
  attributes_.push_back({keep(key), value});
}

void Resource::set(std::string_view key, std::string_view value) { put(key, keep(value)); }

void Resource::set(std::string_view key, int64_t value) { put(key, value); }

void Resource::set(std::string_view key, std::span<const std::string_view> values) {
  std::pmr::polymorphic_allocator<std::string_view> allocator(&arena_);
  std::string_view* kept = allocator.allocate(values.size());
  for (size_t i = 0; i < values.size(); ++i) std::construct_at(kept + i, keep(values[i]));
  put(key, std::span<const std::string_view>(kept, values.size()));
}

void Resource::set_value(std::string_view key, const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value))
    set(key, *text);
  else if (const auto* texts = std::get_if<std::span<const std::string_view>>(&value))
    set(key, *texts);
  else
    put(key, value);
}

}  // namespace seamtrace::collector
