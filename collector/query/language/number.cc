#include "collector/query/language/number.h"

#include <charconv>
#include <cmath>

namespace seamtrace::collector {
namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};
// `s` stands after those that end with it.
constexpr Unit kUnits[] = {{"ns", 1},   {"us", 1e3}, {"\u00B5s", 1e3}, {"\u03BCs", 1e3},
                           {"ms", 1e6}, {"s", 1e9},  {"m", 60e9},      {"h", 3600e9}};

bool starts_like_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && ((text[0] >= '0' && text[0] <= '9') || text[0] == '.');
}

std::optional<Number> read(std::string_view text, std::chars_format format) {
  // from_chars would take `inf` and `nan` too.
  if (!starts_like_number(text)) return std::nullopt;
  const char* end = text.data() + text.size();
  int64_t integer = 0;
  if (const auto result = std::from_chars(text.data(), end, integer);
      result.ec == std::errc{} && result.ptr == end)
    return Number::of(integer);
  double real = 0;
  if (const auto result = std::from_chars(text.data(), end, real, format);
      result.ec == std::errc{} && result.ptr == end)
    return Number::of(real);
  return std::nullopt;
}

template <typename T>
int order(T a, T b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

}  // namespace

int compare(const Number& a, const Number& b) {
  if (a.whole && b.whole) return order(a.integer, b.integer);
  if (std::isnan(a.real) || std::isnan(b.real)) return 2;
  return order(a.real, b.real);
}

std::optional<Number> parse_number(std::string_view text) {
  return read(text, std::chars_format::general);
}

std::optional<Number> parse_plain_number(std::string_view text) {
  return read(text, std::chars_format::fixed);
}

std::optional<Number> parse_duration(std::string_view text) {
  double nanoseconds = 1e6;
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    nanoseconds = unit.nanoseconds;
    text.remove_suffix(unit.name.size());
    break;
  }
  const auto number = parse_number(text);
  if (!number) return std::nullopt;
  const double product = number->real * nanoseconds;
  // Below 2^53 a double is exact, and so a duration given in whole units stays whole.
  if (std::abs(product) < 9e15 && product == std::floor(product))
    return Number::of(static_cast<int64_t>(product));
  return Number::of(product);
}

}  // namespace seamtrace::collector
