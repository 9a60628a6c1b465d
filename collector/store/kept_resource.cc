#include "collector/store/kept_resource.h"

#include <algorithm>
#include <vector>

#include "collector/store/bytes.h"
#include "collector/store/span_encoder.h"
#include "collector/store/span_template.h"

namespace seamtrace::collector::store {
namespace {

constexpr size_t kLongestServiceName = 256;
/// Of the texts of a resource that is cut.
constexpr size_t kLongestCutText = 1024;
constexpr size_t kMostCutTexts = 16;  ///< of a list

constexpr std::string_view kServiceName = "service.name";

/// No longer than `most` bytes, and no letter cut in two.
std::string_view cut(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<uint8_t>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

void write_cut_value(const Value& value, ByteWriter& writer) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    return writer.text(cut(*text, kLongestCutText));
  }
  const auto* texts = std::get_if<std::span<const std::string_view>>(&value);
  if (texts == nullptr) return write_plain_value(value, writer);
  const size_t count = std::min(texts->size(), kMostCutTexts);
  writer.number(count);
  for (size_t i = 0; i < count; ++i) writer.text(cut((*texts)[i], kLongestCutText));
}

/// The service's name, the mark of what is cut, and of `attributes` as much as `most` bytes take.
std::string encode_cut(std::span<const Attribute> attributes, std::string_view service_name,
                       size_t most) {
  std::string list, one;
  size_t count = 0;
  const auto add = [&](std::string_view key, const Value& value) {
    one.clear();
    ByteWriter writer(one);
    writer.byte(static_cast<uint8_t>(type_of(value)));
    writer.text(key);
    write_cut_value(value, writer);
    if (count >= 2 && list.size() + one.size() > most) return;
    list += one;
    ++count;
  };
  add(kServiceName, service_name);
  add(kCutAttribute, true);
  for (const Attribute& attribute : attributes) {
    if (attribute.key == kServiceName || attribute.key == kCutAttribute) continue;
    if (attribute.key.size() <= kLongestCutText) add(attribute.key, attribute.value);
  }
  std::string bytes;
  ByteWriter writer(bytes);
  writer.number(count);
  writer.raw(list);
  return bytes;
}

}  // namespace

KeptResource keep_resource(const Resource& resource, Dictionary& dictionary) {
  KeptResource kept;
  kept.service_name = cut(resource.service_name(), kLongestServiceName);
  const size_t most = dictionary.longest_resource();
  std::string bytes = encode_resource(resource);
  if (bytes.size() > most || kept.service_name.size() < resource.service_name().size()) {
    bytes = encode_cut(resource.attributes(), kept.service_name, most);
  }
  kept.entry = dictionary.intern_bounded(EntryKind::kResource, bytes);
  if (kept.entry == 0) {
    if (dictionary.find(EntryKind::kText, kept.service_name) == 0) kept.service_name = kOthers;
    kept.entry = dictionary.intern(EntryKind::kResource, encode_cut({}, kept.service_name, most));
  }
  dictionary.use(kept.entry, 1);
  kept.service = dictionary.intern(EntryKind::kText, kept.service_name);
  return kept;
}

}  // namespace seamtrace::collector::store
