#include "collector/receive/resource_cache.h"

#include <cstring>

namespace seamtrace::collector {
namespace {

void add_bytes(std::string& key, const void* bytes, size_t size) {
  key.append(static_cast<const char*>(bytes), size);
}

/// With its length, so that no two lists of texts give the same key.
void add_text(std::string& key, std::string_view text) {
  const size_t size = text.size();
  add_bytes(key, &size, sizeof(size));
  key += text;
}

void add_value(std::string& key, const Value& value) {
  key += static_cast<char>(value.index());
  if (const auto* text = std::get_if<std::string_view>(&value)) return add_text(key, *text);
  if (const auto* texts = std::get_if<std::span<const std::string_view>>(&value)) {
    const size_t count = texts->size();
    add_bytes(key, &count, sizeof(count));
    for (const std::string_view text : *texts) add_text(key, text);
    return;
  }
  std::visit(
      [&](const auto& scalar) {
        if constexpr (std::is_arithmetic_v<std::decay_t<decltype(scalar)>>)
          add_bytes(key, &scalar, sizeof(scalar));
      },
      value);
}

}  // namespace

std::shared_ptr<const Resource> ResourceCache::get(std::span<const Attribute> attributes) {
  std::string key;
  for (const Attribute& attribute : attributes) {
    add_text(key, attribute.key);
    add_value(key, attribute.value);
  }
  if (const auto found = resources_.find(key); found != resources_.end()) return found->second;

  auto resource = std::make_shared<Resource>();
  for (const Attribute& attribute : attributes) resource->set_value(attribute.key, attribute.value);
  if (resource->service_name().empty()) resource->set("service.name", "unknown_service");
  if (resources_.size() >= kMost || bytes_ + key.size() > kMostBytes) {
    resources_.clear();
    bytes_ = 0;
  }
  bytes_ += key.size();
  resources_.emplace(std::move(key), resource);
  return resource;
}

}  // namespace seamtrace::collector
