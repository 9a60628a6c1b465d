#include <charconv>
#include <cmath>

#include "collector/receive/json_value.h"
#include "collector/support/hex.h"

namespace seamtrace::collector {
namespace {

using nlohmann::json;

[[noreturn]] void fail(const char* name, const char* expected) {
  throw SpanFault{Refusal::kField, std::string("its ") + name + " is not " + expected};
}

}  // namespace

const json* json_member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string_view json_text(const json& object, const char* name) {
  const json* member = json_member(object, name);
  if (member == nullptr) return {};
  if (!member->is_string()) fail(name, "a string");
  return member->get_ref<const std::string&>();
}

uint64_t json_unsigned(const json& object, const char* name, uint64_t most) {
  const json* member = json_member(object, name);
  if (member == nullptr) return 0;
  uint64_t number = 0;
  if (member->is_number_unsigned()) {
    number = member->get<uint64_t>();
  } else if (member->is_string()) {
    const auto& text = member->get_ref<const std::string&>();
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end) fail(name, "a whole number");
  } else if (member->is_number_float()) {
    const auto real = member->get<double>();
    if (!(real >= 0 && real < 0x1p64 && real == std::floor(real))) fail(name, "a whole number");
    number = static_cast<uint64_t>(real);
  } else {
    fail(name, "a whole number");
  }
  if (number > most) fail(name, "within its range");
  return number;
}

uint64_t json_enumerator(const json& object, const char* name,
                         std::span<const std::string_view> names) {
  const json* member = json_member(object, name);
  if (member == nullptr) return 0;
  if (member->is_string()) {
    const auto& text = member->get_ref<const std::string&>();
    for (size_t i = 0; i < names.size(); ++i)
      if (names[i] == text) return i;
  }
  // Negative or later numbers are enumerators that this version does not know.
  if (member->is_number_integer() && !member->is_number_unsigned()) return UINT64_MAX;
  return json_unsigned(object, name, UINT64_MAX);
}

std::string json_id(const json& object, const char* name, Refusal refusal) {
  const std::string_view text = json_text(object, name);
  std::string bytes;
  bytes.reserve(text.size() / 2);
  const auto not_hex = [&] {
    return SpanFault{refusal, std::string("its ") + name + " is not in hexadecimal digits"};
  };
  if (text.size() % 2 != 0) throw not_hex();
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) throw not_hex();
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

const json& json_array(const json& object, const char* name) {
  static const json kEmpty = json::array();
  const json* member = json_member(object, name);
  if (member == nullptr) return kEmpty;
  if (!member->is_array()) fail(name, "an array");
  return *member;
}

void check_object(const json& member, const char* name) {
  if (!member.is_object()) fail(name, "an object");
}

void check_element(const json& element, const char* array) {
  if (!element.is_object())
    throw SpanFault{Refusal::kField, std::string("one of its ") + array + " is not an object"};
}

}  // namespace seamtrace::collector
