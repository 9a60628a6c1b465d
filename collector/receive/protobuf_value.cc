#include "collector/receive/protobuf_value.h"

#include <memory>
#include <vector>

#include "collector/receive/nested_value.h"
#include "collector/support/otlp_fields.h"

namespace seamtrace::collector {
namespace {

using nlohmann::json;
using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::tag_and_type;

using namespace otlp_fields;

json read_nested(RequestBuilder& builder, pbf_reader value, size_t depth);

json read_array(RequestBuilder& builder, pbf_reader list, size_t depth) {
  json array = json::array();
  while (list.next(kValues, pbf_wire_type::length_delimited))
    array.push_back(read_nested(builder, list.get_message(), depth));
  return array;
}

/// Reads a KeyValue: gives its key, and its AnyValue to `take`. The last of each counts.
template <typename Take>
std::string_view read_pair(pbf_reader pair, Take take) {
  std::string_view key;
  while (pair.next()) {
    switch (pair.tag_and_type()) {
      case tag_and_type(kKey, pbf_wire_type::length_delimited):
        key = view_of(pair);
        break;
      case tag_and_type(kValue, pbf_wire_type::length_delimited):
        take(pair.get_message());
        break;
      default:
        pair.skip();
    }
  }
  return key;
}

json read_map(RequestBuilder& builder, pbf_reader list, size_t depth) {
  json map = json::object();
  while (list.next(kValues, pbf_wire_type::length_delimited)) {
    json value;
    const std::string_view key = read_pair(list.get_message(), [&](const pbf_reader& any) {
      value = read_nested(builder, any, depth);
    });
    map[std::string(key)] = std::move(value);
  }
  return map;
}

/// A value within an array or a map.
json read_nested(RequestBuilder& builder, pbf_reader value, size_t depth) {
  builder.count_part();
  if (depth >= kMostDepth)
    throw RequestFault{Refusal::kMalformed,
                       "a value is nested deeper than " + std::to_string(kMostDepth) + " levels"};
  json result;
  while (value.next()) {
    switch (value.tag_and_type()) {
      case tag_and_type(kString, pbf_wire_type::length_delimited):
        result = std::string(view_of(value));
        break;
      case tag_and_type(kBool, pbf_wire_type::varint):
        result = value.get_bool();
        break;
      case tag_and_type(kInt, pbf_wire_type::varint):
        result = value.get_int64();
        break;
      case tag_and_type(kDouble, pbf_wire_type::fixed64):
        result = nested_number(value.get_double());
        break;
      case tag_and_type(kArray, pbf_wire_type::length_delimited):
        result = read_array(builder, value.get_message(), depth + 1);
        break;
      case tag_and_type(kMap, pbf_wire_type::length_delimited):
        result = read_map(builder, value.get_message(), depth + 1);
        break;
      case tag_and_type(kBytes, pbf_wire_type::length_delimited):
        result = to_base64(view_of(value));
        break;
      default:
        value.skip();
    }
  }
  return result;
}

/// True when `value` is a string and nothing else; then `text` is it.
bool is_only_text(pbf_reader value, std::string_view& text) {
  bool found = false;
  while (value.next()) {
    if (value.tag_and_type() != tag_and_type(kString, pbf_wire_type::length_delimited))
      return false;
    text = view_of(value);
    found = true;
  }
  return found;
}

/// The texts of an array of strings; false when there is anything else in it.
bool read_texts(RequestBuilder& builder, pbf_reader list, std::vector<std::string_view>& texts) {
  while (list.next()) {
    if (list.tag_and_type() != tag_and_type(kValues, pbf_wire_type::length_delimited)) {
      list.skip();
      continue;
    }
    std::string_view text;
    if (!is_only_text(list.get_message(), text)) return false;
    builder.count_part();
    texts.push_back(text);
  }
  return true;
}

Value read_array_value(RequestBuilder& builder, const pbf_reader& list) {
  std::vector<std::string_view> texts;
  if (!read_texts(builder, list, texts))
    return nested_text(builder.arena(), read_array(builder, list, 1));
  std::pmr::polymorphic_allocator<std::string_view> allocator(&builder.arena());
  std::string_view* kept = allocator.allocate(texts.size());
  for (size_t i = 0; i < texts.size(); ++i)
    std::construct_at(kept + i, copy_valid_text(builder.arena(), texts[i]));
  return std::span<const std::string_view>(kept, texts.size());
}

Value read_value(RequestBuilder& builder, pbf_reader value) {
  Value result = std::string_view{};  // what an empty AnyValue is outside OTLP
  while (value.next()) {
    switch (value.tag_and_type()) {
      case tag_and_type(kString, pbf_wire_type::length_delimited):
        result = copy_valid_text(builder.arena(), view_of(value));
        break;
      case tag_and_type(kBool, pbf_wire_type::varint):
        result = value.get_bool();
        break;
      case tag_and_type(kInt, pbf_wire_type::varint):
        result = value.get_int64();
        break;
      case tag_and_type(kDouble, pbf_wire_type::fixed64):
        result = value.get_double();
        break;
      case tag_and_type(kArray, pbf_wire_type::length_delimited):
        result = read_array_value(builder, value.get_message());
        break;
      case tag_and_type(kMap, pbf_wire_type::length_delimited):
        result = nested_text(builder.arena(), read_map(builder, value.get_message(), 1));
        break;
      case tag_and_type(kBytes, pbf_wire_type::length_delimited):
        result = copy_text(builder.arena(), to_base64(view_of(value)));
        break;
      default:
        value.skip();
    }
  }
  return result;
}

}  // namespace

void read_attribute(RequestBuilder& builder, const pbf_reader& pair, AttributeList& attributes,
                    std::string_view prefix) {
  builder.count_part();
  Value value = std::string_view{};
  std::string_view key =
      read_pair(pair, [&](const pbf_reader& any) { value = read_value(builder, any); });
  key = copy_valid_text(builder.arena(), key);
  if (!prefix.empty()) key = join_text(builder.arena(), {prefix, key});
  attributes.set(key, value);
}

}  // namespace seamtrace::collector
