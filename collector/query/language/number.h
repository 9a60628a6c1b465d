// Number: a value that is compared as a number.
// Path:    query -> [language]
// Owner:   a value.
// Failure: no value for text that is not wholly a number.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace seamtrace::collector {

/// Whole numbers of 64 bits are kept exactly.
struct Number {
  bool whole = true;
  int64_t integer = 0;  ///< when whole
  double real = 0;      ///< always

  static Number of(int64_t value) { return {true, value, static_cast<double>(value)}; }
  static Number of(double value) { return {false, 0, value}; }
};

/// -1, 0, 1 as a is less, equal or greater; 2 when one of them is not a number (NaN).
int compare(const Number& a, const Number& b);

/// `500`, `-1.5`, `1e3`.
std::optional<Number> parse_number(std::string_view text);
/// The same without exponents: what an attribute that is a text must look like to be compared as
/// a number.
std::optional<Number> parse_plain_number(std::string_view text);
/// `200ms`, `1.5s`, `200` (milliseconds) in nanoseconds; units ns, us, ms, s, m, h.
std::optional<Number> parse_duration(std::string_view text);

}  // namespace seamtrace::collector
