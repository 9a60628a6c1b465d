#include "cli/control_wish.h"

#include <algorithm>
#include <string_view>

#include "cli/command_line.h"
#include "cli/command_line_parts.h"
#include "wire/configuration.h"

namespace seamtrace::cli {

namespace {

using collector::Error;

constexpr char kRatioSampler[] = "parentbased_traceidratio";

std::vector<std::string> sampler_names() {
  std::vector<std::string> names;
  for (const wire::Option& option : wire::kOptions) {
    if (option.name != "OTEL_TRACES_SAMPLER") continue;
    for (std::string_view rest = option.values; !rest.empty();) {
      const size_t end = std::min(rest.find(' '), rest.size());
      names.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return names;
}

std::string all_of(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

/// None: done. Else what is wrong.
std::optional<Error> apply(ControlWish& wish, const std::string& name, const std::string& value) {
  if (name == "tracing") {
    const auto is = [&](std::string_view word) { return wire::equals_ignoring_case(value, word); };
    if (!is("on") && !is("off") && !is("true") && !is("false"))
      return Error{"tracing is on or off, not " + in_quotes(value) +
                   did_you_mean(value, {"on", "off"})};
    wish.tracing = is("on") || is("true");
    return {};
  }
  if (name == "sampling") {
    const auto ratio = wire::parse_ratio(value);
    if (!ratio.valid)
      return Error{"sampling is a ratio from 0 to 1, such as 0.1 for a tenth of all traces, not " +
                   in_quotes(value)};
    wish.ratio = ratio.value;
    return {};
  }
  if (name == "sampler") {
    const std::vector<std::string> names = sampler_names();
    if (std::ranges::count(names, value) == 0) {
      const std::string meant = did_you_mean(value, names);
      return Error{"there is no sampler " + in_quotes(value) +
                   (meant.empty() ? "; there are " + all_of(names) : meant)};
    }
    wish.sampler = value;
    return {};
  }
  const std::vector<std::string> known{"tracing", "sampling", "sampler"};
  const std::string meant = did_you_mean(name, known);
  return Error{in_quotes(name) + " cannot be set" +
               (meant.empty() ? "; " + all_of(known) + " can" : meant)};
}

}  // namespace

collector::Result<ControlWish> parse_control_wish(const std::vector<std::string>& changes) {
  ControlWish wish;
  for (const std::string& change : changes) {
    const size_t equals = change.find('=');
    if (equals == std::string::npos)
      return Error{in_quotes(change) + " is no change; write it as in tracing=off"};
    if (auto error = apply(wish, change.substr(0, equals), change.substr(equals + 1)))
      return *error;
  }
  if (!wish.ratio) return wish;
  if (wish.sampler.empty()) wish.sampler = kRatioSampler;
  if (!wish.sampler.ends_with("traceidratio"))
    return Error{"the sampler " + wish.sampler +
                 " heeds no ratio; leave sampling out, or take traceidratio or " + kRatioSampler};
  return wish;
}

}  // namespace seamtrace::cli
