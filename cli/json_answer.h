// Readers of a JSON answer, for programs that must survive any answer.
// Path:    an answer of the collector or of the query API -> [cli] -> text
// Memory:  borrows the answer.
// Failure: none; what is missing or of another type counts as zero, empty or false.
#pragma once

#include <cstdint>
#include <string>

#include "collector/export/text.h"
#include "nlohmann/json.hpp"

namespace seamtrace::cli {

/// The member, or an empty object that counts as missing.
inline const nlohmann::json& member(const nlohmann::json& object, const std::string& key) {
  static const nlohmann::json none = nlohmann::json::object();
  if (!object.is_object()) return none;
  const auto found = object.find(key);
  return found == object.end() ? none : *found;
}

/// The member to go through; without elements when it is no list.
inline const nlohmann::json& list(const nlohmann::json& object, const std::string& key) {
  static const nlohmann::json none = nlohmann::json::array();
  const nlohmann::json& found = member(object, key);
  return found.is_array() ? found : none;
}

/// Negative ones count as zero; fractions are left out.
inline uint64_t number(const nlohmann::json& object, const std::string& key) {
  const nlohmann::json& found = member(object, key);
  if (found.is_number_unsigned()) return found.get<uint64_t>();
  if (found.is_number_integer()) return found.get<int64_t>() > 0 ? found.get<uint64_t>() : 0;
  if (!found.is_number_float()) return 0;
  const auto value = found.get<double>();
  return value >= 0 && value < 1.8e19 ? static_cast<uint64_t>(value) : 0;
}

inline double real(const nlohmann::json& object, const std::string& key) {
  const nlohmann::json& found = member(object, key);
  return found.is_number() ? found.get<double>() : 0;
}

/// Of number(): `0` for what is missing.
inline std::string count(const nlohmann::json& object, const std::string& key) {
  return std::to_string(number(object, key));
}

/// As it came: not fit for a terminal.
inline std::string raw_text(const nlohmann::json& object, const std::string& key) {
  const nlohmann::json& found = member(object, key);
  return found.is_string() ? found.get<std::string>() : std::string();
}

inline std::string printable(std::string_view untrusted) {
  std::string out;
  collector::append_printable(out, untrusted);
  return out;
}

/// Fit for a terminal.
inline std::string text(const nlohmann::json& object, const std::string& key) {
  const nlohmann::json& found = member(object, key);
  return found.is_string() ? printable(found.get_ref<const std::string&>()) : std::string();
}

inline bool flag(const nlohmann::json& object, const std::string& key) {
  const nlohmann::json& found = member(object, key);
  return found.is_boolean() && found.get<bool>();
}

}  // namespace seamtrace::cli
