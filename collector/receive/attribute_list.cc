#include "collector/receive/attribute_list.h"

namespace seamtrace::collector {
namespace {

constexpr size_t kShort = 32;

}  // namespace

Attribute* AttributeList::find(std::string_view key) {
  if (attributes_.size() > kShort) {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &attributes_[found->second];
  }
  for (Attribute& attribute : attributes_)
    if (attribute.key == key) return &attribute;
  return nullptr;
}

void AttributeList::append(std::string_view key, const Value& value) {
  attributes_.push_back({key, value});
  if (attributes_.size() <= kShort) return;
  if (attributes_.size() > kShort + 1) {
    index_.emplace(key, attributes_.size() - 1);
    return;
  }
  for (size_t i = 0; i < attributes_.size(); ++i) index_.emplace(attributes_[i].key, i);
}

void AttributeList::set(std::string_view key, const Value& value) {
  if (Attribute* attribute = find(key))
    attribute->value = value;
  else
    append(key, value);
}

void AttributeList::set_if_absent(std::string_view key, const Value& value) {
  if (find(key) == nullptr) append(key, value);
}

}  // namespace seamtrace::collector
