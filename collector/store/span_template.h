// SpanTemplate: what the spans of one place in a program have in common.
// Path:    inside the store
// Owner:   the encoder or the decoder that parsed it; owns its bytes.
// Failure: parse() answers null for bytes that the encoder did not make.
// Source:  collector/store/FORMAT.md, "Templates".
//
//   signature: head, trace flags, association, resource, scope, [name], attribute types and keys
//   defaults:  one value for each attribute
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/interpret/span.h"
#include "collector/store/bytes.h"

namespace seamtrace::collector::store {

enum class ValueType : uint8_t { kText = 0, kInteger = 1, kBool = 2, kDouble = 3, kTexts = 4 };

inline ValueType type_of(const Value& value) { return static_cast<ValueType>(value.index()); }

struct SpanTemplate {
  uint32_t id = 0;  ///< in the dictionary; 0: inline in a record
  uint32_t resource = 0;
  SpanKind kind = SpanKind::kInternal;
  StatusCode status = StatusCode::kUnset;
  bool parent_remote = false;
  bool has_more = false;  ///< a record has its rare parts: message, trace state, events, links
  bool has_name = false;  ///< else a record has its name
  uint8_t trace_flags = 0;
  wire::Association association = wire::Association::kRoot;
  std::string_view scope;
  std::string_view name;
  std::vector<Attribute> attributes;  ///< with the default values

  std::string signature;
  std::string default_bytes;
  std::vector<std::unique_ptr<std::string_view[]>> lists;  ///< that text lists borrow

  static std::unique_ptr<SpanTemplate> parse(std::string_view bytes);
};

/// Whether a span has parts that most have not.
bool has_rare_parts(const Span& span);

/// Writes the signature of a span; `named`: with its name.
void write_signature(const Span& span, uint32_t resource, bool named, std::string& out);

/// A value without any reference to what is around it.
void write_plain_value(const Value& value, ByteWriter& writer);
/// Text lists live in what `make_list` gives.
template <typename MakeList>
Value read_plain_value(ValueType type, ByteReader& reader, MakeList make_list) {
  switch (type) {
    case ValueType::kText:
      return reader.text();
    case ValueType::kInteger:
      return reader.signed_number();
    case ValueType::kBool:
      return reader.byte() != 0;
    case ValueType::kDouble:
      return reader.floating();
    case ValueType::kTexts: {
      const uint64_t count = reader.count();
      std::string_view* texts = make_list(count);
      for (uint64_t i = 0; i < count; ++i) texts[i] = reader.text();
      return std::span<const std::string_view>(texts, count);
    }
  }
  reader.fail();
  return int64_t{0};
}

bool equal_values(const Value& left, const Value& right);

}  // namespace seamtrace::collector::store
