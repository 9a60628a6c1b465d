// Configuration: the table of wire/configuration.def as data, and the rules of
// parsing that agent and collector must share.
// Memory:  allocates nothing; values are borrowed. No call that could throw: the agent has no
//          C++ runtime.
// Source:  OpenTelemetry specification, configuration/sdk-environment-variables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace seamtrace::wire {

enum class OptionKind : uint8_t {
  boolean,
  string,
  integer,
  duration,
  ratio,
  choice,
  choices,
  pairs,
  names,
};
enum class OptionReader : uint8_t { agent, collector, both };

struct Option {
  std::string_view name;
  OptionKind kind;
  std::string_view default_text;  ///< empty: unset
  std::string_view values;        ///< see wire/configuration.def
  OptionReader reader;
  std::string_view group;
  std::string_view help;
};

inline constexpr Option kOptions[] = {
#define SEAMTRACE_OPTION(name, kind, default_text, values, reader, group, help) \
  {#name, OptionKind::kind, default_text, values, OptionReader::reader, group, help},
#include "wire/configuration.def"
#undef SEAMTRACE_OPTION
};

/// An ASCII letter in lower case; any other byte unchanged.
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  return true;
}

/// `text` without spaces and tabs at both ends.
constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes the next item off a comma list, trimmed; `rest` keeps what follows.
/// Empty items come back empty; call while `rest.data() != nullptr`.
constexpr std::string_view next_item(std::string_view& rest) {
  size_t comma = 0;
  while (comma < rest.size() && rest[comma] != ',') ++comma;
  const std::string_view item = trim({rest.data(), comma});
  if (comma == rest.size())
    rest = {};
  else
    rest.remove_prefix(comma + 1);
  return item;
}

/// `true` in any case is true, everything else false. An empty text is "unset": the caller's
/// default applies. A text that is neither `true` nor `false` deserves a warning.
constexpr bool parse_boolean(std::string_view text, bool unset) {
  return text.empty() ? unset : equals_ignoring_case(text, "true");
}

template <typename T>
struct Parsed {
  T value{};
  bool valid = false;
};

/// A decimal integer without sign, spaces or anything else, within [least, greatest].
constexpr Parsed<uint64_t> parse_integer(std::string_view text, uint64_t least, uint64_t greatest) {
  if (text.empty() || text.size() > 19) return {};
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return {};
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  if (value < least || value > greatest) return {};
  return {value, true};
}

/// A decimal fraction 0..1 such as `0.25`, `1`, `.5` or `1e-3`.
constexpr Parsed<double> parse_ratio(std::string_view text) {
  double value = 0, scale = 1;
  bool digits = false, fraction = false;
  size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      digits = true;
      if (fraction) scale /= 10;
      value = fraction ? value + (c - '0') * scale : value * 10 + (c - '0');
      if (value > 1e9) return {};
    } else if (c == '.' && !fraction) {
      fraction = true;
    } else {
      break;
    }
  }
  if (!digits) return {};
  if (i < text.size()) {
    if (to_lower(text[i]) != 'e') return {};
    std::string_view exponent = text;
    exponent.remove_prefix(i + 1);
    const bool negative = !exponent.empty() && exponent[0] == '-';
    if (!exponent.empty() && (exponent[0] == '-' || exponent[0] == '+')) exponent.remove_prefix(1);
    const Parsed<uint64_t> power = parse_integer(exponent, 0, 300);
    if (!power.valid) return {};
    for (uint64_t k = 0; k < power.value; ++k) value = negative ? value / 10 : value * 10;
  }
  if (value > 1.0) return {};
  return {value, true};
}

/// Position of `text` (any case) in a space-separated list of values; valid is false when
/// it is not there.
constexpr Parsed<uint32_t> parse_choice(std::string_view text, std::string_view values) {
  uint32_t index = 0;
  while (!values.empty()) {
    size_t space = 0;
    while (space < values.size() && values[space] != ' ') ++space;
    if (equals_ignoring_case(text, {values.data(), space})) return {index, true};
    if (space == values.size()) break;
    values.remove_prefix(space + 1);
    ++index;
  }
  return {};
}

/// The rejection threshold (segment.h) of a sampling ratio 0..1.
constexpr uint64_t rejection_threshold(double ratio) {
  constexpr double kSpace = 72057594037927936.0;  // 2^56
  const double rejected = (1.0 - ratio) * kSpace;
  return rejected <= 0 ? 0 : static_cast<uint64_t>(rejected);
}

}  // namespace seamtrace::wire
