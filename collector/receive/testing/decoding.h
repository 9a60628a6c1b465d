// Decoding for tests: each in one line, with what is needed to look at the result.
#pragma once

#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>

#include "collector/receive/decoder.h"

namespace seamtrace::collector::testing {

inline DecodedRequest from_protobuf(std::string_view body, const ReceiverLimits& limits = {}) {
  ResourceCache resources;
  return decode_protobuf(body, resources, limits);
}

inline DecodedRequest from_json(std::string_view body, const ReceiverLimits& limits = {}) {
  ResourceCache resources;
  return decode_json(body, resources, limits);
}

inline const Attribute* find(std::span<const Attribute> attributes, std::string_view key) {
  for (const Attribute& attribute : attributes)
    if (attribute.key == key) return &attribute;
  return nullptr;
}

/// The value of an attribute as text; `(none)` when it is missing.
inline std::string text_of(std::span<const Attribute> attributes, std::string_view key) {
  const Attribute* attribute = find(attributes, key);
  if (attribute == nullptr) return "(none)";
  if (const auto* text = std::get_if<std::string_view>(&attribute->value))
    return std::string(*text);
  if (const auto* number = std::get_if<int64_t>(&attribute->value))
    return "integer " + std::to_string(*number);
  if (const auto* truth = std::get_if<bool>(&attribute->value)) return *truth ? "true" : "false";
  if (const auto* real = std::get_if<double>(&attribute->value))
    return "real " + std::to_string(*real);
  std::string all = "texts";
  for (const std::string_view text : std::get<std::span<const std::string_view>>(attribute->value))
    all.append(" ").append(text);
  return all;
}

/// A message of protobuf, built by hand: `Message().bytes(1, "x").number(2, 3)`.
class Message {
 public:
  Message& bytes(uint32_t field, std::string_view value) {
    protozero::pbf_writer(bytes_).add_bytes(field, value.data(), value.size());
    return *this;
  }
  Message& message(uint32_t field, const Message& value) { return bytes(field, value.bytes_); }
  Message& number(uint32_t field, uint64_t value) {
    protozero::pbf_writer(bytes_).add_uint64(field, value);
    return *this;
  }
  Message& fixed64(uint32_t field, uint64_t value) {
    protozero::pbf_writer(bytes_).add_fixed64(field, value);
    return *this;
  }
  Message& fixed32(uint32_t field, uint32_t value) {
    protozero::pbf_writer(bytes_).add_fixed32(field, value);
    return *this;
  }
  Message& real(uint32_t field, double value) {
    protozero::pbf_writer(bytes_).add_double(field, value);
    return *this;
  }

  const std::string& text() const { return bytes_; }

 private:
  std::string bytes_;
};

inline constexpr std::string_view kTraceIdBytes = "0123456789abcdef";
inline constexpr std::string_view kSpanIdBytes = "01234567";
inline constexpr uint64_t kSecond = 1'000'000'000;
inline constexpr uint64_t kBegin = 1'700'000'000 * kSecond;

/// A span that is well, without a name; more fields may follow.
inline Message good_span() {
  return Message()
      .bytes(1, kTraceIdBytes)
      .bytes(2, kSpanIdBytes)
      .fixed64(7, kBegin)
      .fixed64(8, kBegin + kSecond);
}

inline Message key_value(std::string_view key, const Message& any_value) {
  return Message().bytes(1, key).message(2, any_value);
}
inline Message text_value(std::string_view text) { return Message().bytes(1, text); }

/// A request with one resource, one scope and these spans.
inline std::string request_of(std::initializer_list<Message> spans) {
  Message scope_spans;
  for (const Message& span : spans) scope_spans.message(2, span);
  return Message().message(1, Message().message(2, scope_spans)).text();
}

}  // namespace seamtrace::collector::testing
