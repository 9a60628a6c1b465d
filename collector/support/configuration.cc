#include "collector/support/configuration.h"

#include <algorithm>
#include <cassert>

#include "collector/support/percent_encoding.h"
#include "collector/support/utf8.h"
#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

using wire::Option;
using wire::OptionKind;

const Option& option_named(std::string_view name) {
  for (const Option& option : wire::kOptions)
    if (option.name == name) return option;
  assert(!"not an option of wire/configuration.def");
  return wire::kOptions[0];
}

struct Range {
  uint64_t least = 0;
  uint64_t greatest = UINT64_MAX;
};

Range range_of(const Option& option) {
  const size_t space = option.values.find(' ');
  if (space == std::string_view::npos) return {};
  return {wire::parse_integer(option.values.substr(0, space), 0, UINT64_MAX).value,
          wire::parse_integer(option.values.substr(space + 1), 0, UINT64_MAX).value};
}

std::string with_commas(std::string_view values) {
  std::string text(values);
  for (size_t at = 0; (at = text.find(' ', at)) != std::string::npos; at += 2)
    text.replace(at, 1, ", ");
  return text;
}

bool may_hold_secrets(const Option& option) {
  return option.name.find("HEADERS") != std::string_view::npos;
}

/// What `text` should have been; empty when it is well formed. For choices: the text with the
/// unknown items taken out is left in `text`.
std::string complaint(const Option& option, std::string_view value) {
  switch (option.kind) {
    case OptionKind::integer:
    case OptionKind::duration: {
      const Range range = range_of(option);
      if (wire::parse_integer(value, range.least, range.greatest).valid) return {};
      return "a number from " + std::to_string(range.least) + " to " +
             std::to_string(range.greatest) +
             (option.kind == OptionKind::duration ? " (milliseconds)" : "");
    }
    case OptionKind::ratio:
      return wire::parse_ratio(value).valid ? "" : "a ratio from 0 to 1";
    case OptionKind::choice:
    case OptionKind::choices:
      if (wire::parse_choice(value, option.values).valid) return {};
      return (option.values.find(' ') == std::string_view::npos ? "" : "one of ") +
             with_commas(option.values);
    case OptionKind::pairs:
      return parse_pairs(value) ? "" : "a list k=v,k=v, percent-encoded";
    case OptionKind::boolean:
    case OptionKind::string:
    case OptionKind::names:
      return {};
  }
  return {};
}

/// The value for a message: short, on one line, and readable whatever its bytes are.
std::string quoted(std::string_view value) {
  constexpr size_t kLongest = 80;
  std::string text = valid_utf8(truncate_utf8_bytes(value, kLongest));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return '"' + text + (value.size() > kLongest ? "...\"" : "\"");
}

/// None: a bad escape, a control character, or bytes that are not UTF-8.
std::optional<std::string> percent_decoded(std::string_view text) {
  auto decoded = percent_decode(text, /*plus_is_space=*/false);
  if (!decoded || !is_valid_utf8(*decoded)) return std::nullopt;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(decoded->begin(), decoded->end(), is_control)) return std::nullopt;
  return decoded;
}

}  // namespace

std::optional<Configuration::Pairs> parse_pairs(std::string_view text) {
  Configuration::Pairs pairs;
  while (text.data() != nullptr) {
    const std::string_view item = wire::next_item(text);
    if (item.empty()) continue;
    const size_t equals = item.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    auto key = percent_decoded(wire::trim(item.substr(0, equals)));
    auto value = percent_decoded(wire::trim(item.substr(equals + 1)));
    if (!key || !value || key->empty()) return std::nullopt;
    pairs.emplace_back(std::move(*key), std::move(*value));
  }
  return pairs;
}

Configuration Configuration::from_environment(const char* const* environment) {
  Environment values;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    const size_t equals = entry.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    values.emplace(entry.substr(0, equals), entry.substr(equals + 1));  // as getenv: the first wins
  }
  return from(std::move(values));
}

Configuration Configuration::from(Environment environment) {
  Configuration result;
  result.environment_ = std::move(environment);
  const auto warn = [&](const Option& option, std::string_view value, const std::string& what,
                        std::string_view instead) {
    std::string line(option.name);
    line += ": ";
    line +=
        may_hold_secrets(option) && option.kind == OptionKind::pairs ? "the value" : quoted(value);
    line += " is not " + what + "; ";
    line += instead;
    result.warnings_.push_back(std::move(line));
  };
  for (const Option& option : wire::kOptions) {
    const std::string value(wire::trim(result.raw(option.name)));
    if (value.empty()) continue;
    const std::string instead = option.default_text.empty()
                                    ? "ignored"
                                    : "ignored, using " + std::string(option.default_text);
    if (option.kind == OptionKind::boolean) {
      if (!wire::equals_ignoring_case(value, "true") && !wire::equals_ignoring_case(value, "false"))
        warn(option, value, "true or false", "taken as false");
    } else if (option.kind == OptionKind::choices) {
      std::string kept;
      std::string_view rest = value;
      while (rest.data() != nullptr) {
        const std::string_view item = wire::next_item(rest);
        if (item.empty()) continue;
        const std::string what = complaint(option, item);
        if (!what.empty()) {
          warn(option, item, what, "ignored");
          continue;
        }
        if (!kept.empty()) kept += ',';
        for (const char c : item) kept += wire::to_lower(c);
      }
      if (kept.empty()) {
        if (!option.default_text.empty() && !result.warnings_.empty())
          result.warnings_.back() += ", using " + std::string(option.default_text);
        continue;
      }
      result.valid_[std::string(option.name)] = kept;
      continue;
    } else if (const std::string what = complaint(option, value); !what.empty()) {
      warn(option, value, what, instead);
      continue;
    }
    std::string stored =
        option.kind == OptionKind::string ? std::string(result.raw(option.name)) : value;
    if (option.kind == OptionKind::choice)
      std::transform(stored.begin(), stored.end(), stored.begin(), wire::to_lower);
    result.valid_[std::string(option.name)] = std::move(stored);
  }
  const auto queue = result.number("OTEL_BSP_MAX_QUEUE_SIZE");
  const auto batch = result.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
  if (queue && batch && *batch > *queue) {
    const std::string text = std::to_string(*queue);
    if (result.is_set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"))
      result.warnings_.push_back("OTEL_BSP_MAX_EXPORT_BATCH_SIZE: \"" + std::to_string(*batch) +
                                 "\" is not at most OTEL_BSP_MAX_QUEUE_SIZE; using " + text);
    result.valid_["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] = text;
  }
  return result;
}

std::string_view Configuration::raw(std::string_view name) const {
  const auto found = environment_.find(std::string(name));
  return found == environment_.end() ? std::string_view{} : found->second;
}

bool Configuration::is_set(std::string_view name) const {
  return valid_.contains(std::string(option_named(name).name));
}

std::string_view Configuration::text(std::string_view name) const {
  const Option& option = option_named(name);
  const auto found = valid_.find(std::string(name));
  return found == valid_.end() ? option.default_text : std::string_view(found->second);
}

bool Configuration::boolean(std::string_view name) const {
  return wire::parse_boolean(text(name), false);
}

std::optional<uint64_t> Configuration::number(std::string_view name) const {
  const auto parsed = wire::parse_integer(text(name), 0, UINT64_MAX);
  return parsed.valid ? std::optional(parsed.value) : std::nullopt;
}

double Configuration::ratio(std::string_view name) const {
  return wire::parse_ratio(text(name)).value;
}

std::vector<std::string> Configuration::list(std::string_view name) const {
  std::vector<std::string> items;
  std::string_view rest = text(name);
  while (rest.data() != nullptr) {
    const std::string_view item = wire::next_item(rest);
    if (!item.empty() && std::find(items.begin(), items.end(), item) == items.end())
      items.emplace_back(item);
  }
  return items;
}

Configuration::Pairs Configuration::pairs(std::string_view name) const {
  return parse_pairs(text(name)).value_or(Pairs{});
}

std::string_view Configuration::first_set(std::initializer_list<std::string_view> names) const {
  assert(names.size() > 0);
  for (const std::string_view name : names)
    if (is_set(name)) return name;
  return *(names.end() - 1);
}

}  // namespace seamtrace::collector
