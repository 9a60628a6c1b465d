#include "collector/receive/json_value.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <memory>

#include "collector/receive/nested_value.h"

namespace seamtrace::collector {
namespace {

using nlohmann::json;

[[noreturn]] void fail(const char* expected) {
  throw SpanFault{Refusal::kField, std::string("the value of an attribute is not ") + expected};
}

int64_t integer_of(const json& member) {
  if (member.is_number_unsigned()) {
    if (member.get<uint64_t>() > std::numeric_limits<int64_t>::max()) fail("a 64-bit integer");
    return static_cast<int64_t>(member.get<uint64_t>());
  }
  if (member.is_number_integer()) return member.get<int64_t>();
  if (member.is_number_float()) {
    const auto real = member.get<double>();
    if (!(real >= -0x1p63 && real < 0x1p63 && real == std::floor(real))) fail("a 64-bit integer");
    return static_cast<int64_t>(real);
  }
  int64_t number = 0;
  if (!member.is_string()) fail("a 64-bit integer");
  const auto& text = member.get_ref<const std::string&>();
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) fail("a 64-bit integer");
  return number;
}

double real_of(const json& member) {
  if (member.is_number()) return member.get<double>();
  if (!member.is_string()) fail("a number");
  const auto& text = member.get_ref<const std::string&>();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) fail("a number");
  return number;
}

const std::string& text_of(const json& member) {
  if (!member.is_string()) fail("a string");
  return member.get_ref<const std::string&>();
}

bool truth_of(const json& member) {
  if (!member.is_boolean()) fail("true or false");
  return member.get<bool>();
}

/// Standard alphabet with padding, whichever of the two alphabets it came in.
std::string base64_of(const json& member) {
  std::string text = text_of(member);
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& digit : text) {
    if (digit == '-') digit = '+';
    if (digit == '_') digit = '/';
    const bool known = (digit >= 'A' && digit <= 'Z') || (digit >= 'a' && digit <= 'z') ||
                       (digit >= '0' && digit <= '9') || digit == '+' || digit == '/';
    if (!known) fail("base64");
  }
  if (text.size() % 4 == 1) fail("base64");
  while (text.size() % 4 != 0) text += '=';
  return text;
}

const json& values_of(const json& list) {
  if (!list.is_object()) fail("an object with values");
  return json_array(list, "values");
}

json read_nested(RequestBuilder& builder, const json* value, size_t depth);

json read_array(RequestBuilder& builder, const json& list, size_t depth) {
  json array = json::array();
  for (const json& element : values_of(list))
    array.push_back(read_nested(builder, &element, depth));
  return array;
}

json read_map(RequestBuilder& builder, const json& list, size_t depth) {
  json map = json::object();
  for (const json& pair : values_of(list)) {
    check_element(pair, "values");
    std::string key(json_text(pair, "key"));
    map[std::move(key)] = read_nested(builder, json_member(pair, "value"), depth);
  }
  return map;
}

json read_nested(RequestBuilder& builder, const json* value, size_t depth) {
  builder.count_part();
  if (depth >= kMostDepth)
    throw RequestFault{Refusal::kMalformed,
                       "a value is nested deeper than " + std::to_string(kMostDepth) + " levels"};
  if (value == nullptr || value->is_null()) return nullptr;
  if (!value->is_object()) fail("an object such as {\"stringValue\": ...}");
  if (const json* member = json_member(*value, "stringValue")) return text_of(*member);
  if (const json* member = json_member(*value, "intValue")) return integer_of(*member);
  if (const json* member = json_member(*value, "boolValue")) return truth_of(*member);
  if (const json* member = json_member(*value, "doubleValue"))
    return nested_number(real_of(*member));
  if (const json* member = json_member(*value, "arrayValue"))
    return read_array(builder, *member, depth + 1);
  if (const json* member = json_member(*value, "kvlistValue"))
    return read_map(builder, *member, depth + 1);
  if (const json* member = json_member(*value, "bytesValue")) return base64_of(*member);
  return nullptr;
}

bool is_text(const json& element) {
  const json* member = element.is_object() ? json_member(element, "stringValue") : nullptr;
  return member != nullptr && member->is_string();
}

Value read_array_value(RequestBuilder& builder, const json& list) {
  const json& values = values_of(list);
  for (const json& element : values)
    if (!is_text(element)) return nested_text(builder.arena(), read_array(builder, list, 1));
  std::pmr::polymorphic_allocator<std::string_view> allocator(&builder.arena());
  std::string_view* kept = allocator.allocate(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    builder.count_part();
    std::construct_at(kept + i, copy_text(builder.arena(), json_text(values[i], "stringValue")));
  }
  return std::span<const std::string_view>(kept, values.size());
}

Value read_value(RequestBuilder& builder, const json* value) {
  Arena& arena = builder.arena();
  if (value == nullptr) return std::string_view{};
  if (!value->is_object()) fail("an object such as {\"stringValue\": ...}");
  if (const json* member = json_member(*value, "stringValue"))
    return copy_text(arena, text_of(*member));
  if (const json* member = json_member(*value, "intValue")) return integer_of(*member);
  if (const json* member = json_member(*value, "boolValue")) return truth_of(*member);
  if (const json* member = json_member(*value, "doubleValue")) return real_of(*member);
  if (const json* member = json_member(*value, "arrayValue"))
    return read_array_value(builder, *member);
  if (const json* member = json_member(*value, "kvlistValue"))
    return nested_text(arena, read_map(builder, *member, 1));
  if (const json* member = json_member(*value, "bytesValue"))
    return copy_text(arena, base64_of(*member));
  return std::string_view{};  // what an empty AnyValue is outside OTLP
}

}  // namespace

void read_json_attributes(RequestBuilder& builder, const json& object, AttributeList& attributes,
                          std::string_view prefix) {
  for (const json& pair : json_array(object, "attributes")) {
    builder.count_part();
    check_element(pair, "attributes");
    const std::string_view key = join_text(builder.arena(), {prefix, json_text(pair, "key")});
    attributes.set(key, read_value(builder, json_member(pair, "value")));
  }
}

}  // namespace seamtrace::collector
