#include "collector/store/span_template.h"

#include <algorithm>
#include <bit>

namespace seamtrace::collector::store {
namespace {

constexpr unsigned kStatusShift = 3;
constexpr uint8_t kKindMask = 0x07, kStatusMask = 0x03;
constexpr uint8_t kParentRemote = 0x20, kHasMore = 0x40, kHasName = 0x80;

}  // namespace

bool has_rare_parts(const Span& span) {
  return !span.status_message.empty() || !span.trace_state.empty() || !span.events.empty() ||
         !span.links.empty() || span.dropped_attributes != 0 || span.dropped_events != 0 ||
         span.dropped_links != 0;
}

void write_signature(const Span& span, uint32_t resource, bool named, std::string& out) {
  ByteWriter writer(out);
  writer.byte(
      static_cast<uint8_t>((static_cast<uint8_t>(span.kind) & kKindMask) |
                           ((static_cast<uint8_t>(span.status) & kStatusMask) << kStatusShift) |
                           (span.parent_remote ? kParentRemote : 0) |
                           (has_rare_parts(span) ? kHasMore : 0) | (named ? kHasName : 0)));
  writer.byte(span.trace_flags);
  writer.byte(static_cast<uint8_t>(span.association));
  writer.number(resource);
  writer.text(span.scope);
  if (named) writer.text(span.name);
  writer.number(span.attributes.size());
  for (const Attribute& attribute : span.attributes) {
    writer.byte(static_cast<uint8_t>(type_of(attribute.value)));
    writer.text(attribute.key);
  }
}

void write_plain_value(const Value& value, ByteWriter& writer) {
  switch (type_of(value)) {
    case ValueType::kText:
      return writer.text(*std::get_if<std::string_view>(&value));
    case ValueType::kInteger:
      return writer.signed_number(*std::get_if<int64_t>(&value));
    case ValueType::kBool:
      return writer.byte(*std::get_if<bool>(&value) ? 1 : 0);
    case ValueType::kDouble:
      return writer.floating(*std::get_if<double>(&value));
    case ValueType::kTexts: {
      const auto& texts = *std::get_if<std::span<const std::string_view>>(&value);
      writer.number(texts.size());
      for (const std::string_view text : texts) writer.text(text);
      return;
    }
  }
}

bool equal_values(const Value& left, const Value& right) {
  if (left.index() != right.index()) return false;
  switch (type_of(left)) {
    case ValueType::kText:
      return *std::get_if<std::string_view>(&left) == *std::get_if<std::string_view>(&right);
    case ValueType::kInteger:
      return *std::get_if<int64_t>(&left) == *std::get_if<int64_t>(&right);
    case ValueType::kBool:
      return *std::get_if<bool>(&left) == *std::get_if<bool>(&right);
    case ValueType::kDouble:  // by bits: NaN and -0.0 come back as they were
      return std::bit_cast<uint64_t>(*std::get_if<double>(&left)) ==
             std::bit_cast<uint64_t>(*std::get_if<double>(&right));
    case ValueType::kTexts:
      return std::ranges::equal(*std::get_if<std::span<const std::string_view>>(&left),
                                *std::get_if<std::span<const std::string_view>>(&right));
  }
  return false;
}

std::unique_ptr<SpanTemplate> SpanTemplate::parse(std::string_view bytes) {
  auto result = std::make_unique<SpanTemplate>();
  {
    ByteReader parts(bytes);
    result->signature = parts.text();
    result->default_bytes = parts.text();
    if (parts.failed() || !parts.empty()) return nullptr;
  }
  ByteReader reader(result->signature);
  const uint8_t head = reader.byte();
  const uint8_t kind = head & kKindMask, status = (head >> kStatusShift) & kStatusMask;
  if (kind > 5 || status > 2) return nullptr;
  result->kind = static_cast<SpanKind>(kind);
  result->status = static_cast<StatusCode>(status);
  result->parent_remote = (head & kParentRemote) != 0;
  result->has_more = (head & kHasMore) != 0;
  result->has_name = (head & kHasName) != 0;
  result->trace_flags = reader.byte();
  result->association = static_cast<wire::Association>(reader.byte());
  const uint64_t resource = reader.number();
  if (resource > UINT32_MAX) return nullptr;
  result->resource = static_cast<uint32_t>(resource);
  result->scope = reader.text();
  if (result->has_name) result->name = reader.text();
  const uint64_t count = reader.count(2);
  ByteReader defaults(result->default_bytes);
  const auto make_list = [&](uint64_t size) {
    return result->lists.emplace_back(std::make_unique<std::string_view[]>(size)).get();
  };
  result->attributes.reserve(count);
  for (uint64_t i = 0; i < count && !defaults.failed(); ++i) {
    const auto type = static_cast<ValueType>(reader.byte());
    const std::string_view key = reader.text();
    result->attributes.push_back({key, read_plain_value(type, defaults, make_list)});
  }
  const bool whole = !reader.failed() && reader.empty() && !defaults.failed() && defaults.empty();
  return whole ? std::move(result) : nullptr;
}

}  // namespace seamtrace::collector::store
