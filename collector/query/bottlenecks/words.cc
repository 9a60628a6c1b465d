#include "collector/query/bottlenecks/words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace seamtrace::collector::bottlenecks {
namespace {

std::string formatted(double number, int decimals) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, number);
  return text.data();
}

/// `9 of 10 slow requests`, `all 40 slow requests`.
std::string slow_subject(const Having& having, const Contrast& contrast) {
  const uint64_t with = having.requests.slow, all = contrast.request_count().slow;
  if (with >= all) return "all " + std::to_string(all) + " slow requests";
  return share_text(with, all) + " slow requests";
}

/// `1 of 10 others do`, `none of the others do`.
std::string rest_clause(const Having& having, const Contrast& contrast, const ShareWords& words) {
  const uint64_t with = having.requests.rest, all = contrast.request_count().rest;
  if (with == 0) return "none of the others " + std::string(words.others_verb);
  if (with >= all) return "all others " + std::string(words.others_verb) + " too";
  return share_text(with, all) + " others " + std::string(words.others_verb);
}

std::string more_time(const TimeDifference& difference) {
  return ": +" + short_duration(difference.slow_ns - difference.rest_ns);
}

}  // namespace

std::string short_duration(double ns) {
  struct Unit {
    double ns;
    const char* name;
  };
  constexpr std::array<Unit, 4> kUnits = {{{1e9, " s"}, {1e6, " ms"}, {1e3, " µs"}, {1, " ns"}}};
  for (const Unit& unit : kUnits) {
    // A hair below the unit would be printed as 1000 of the next.
    if (ns < unit.ns * 0.9995 && unit.ns > 1) continue;
    const double number = ns / unit.ns;
    return formatted(number, number < 9.95 && unit.ns > 1 ? 1 : 0) + unit.name;
  }
  return {};
}

std::string times_words(double count) {
  if (count < 0.005) return "never";
  if (std::abs(count - 1) < 0.05) return "once";
  if (count >= 9.95 || std::abs(count - std::round(count)) < 0.05)
    return formatted(std::max(count, 1.0), 0) + " times";
  return formatted(count, count < 0.1 ? 2 : 1) + " times";
}

std::string share_text(uint64_t part, uint64_t whole) {
  const auto text = [](uint64_t count, uint64_t of) {
    return std::to_string(count) + " of " + std::to_string(of);
  };
  if (whole <= 10) return text(part, whole);
  const double share = static_cast<double>(part) / static_cast<double>(whole);
  for (const uint64_t of : {uint64_t{10}, uint64_t{100}, uint64_t{1000}}) {
    const auto count = static_cast<uint64_t>(std::llround(share * static_cast<double>(of)));
    // Rounded to the whole or to nothing it would say too much.
    const bool near_an_end = share < 0.5 / static_cast<double>(of) * 1.5 ||
                             1 - share < 0.5 / static_cast<double>(of) * 1.5;
    if (whole < of) break;
    if (count != 0 && count != of && !near_an_end) return text(count, of);
  }
  return text(part, whole);
}

std::string share_words(const Having& having, const Contrast& contrast, const ShareWords& words) {
  const uint64_t with = having.requests.slow;
  std::string verb(words.verb);
  if (with == 1 && verb == "have") verb = "has";
  std::string sentence = slow_subject(having, contrast) + " " + verb;
  if (!words.what.empty()) sentence += " " + words.what;
  return sentence + "; " + rest_clause(having, contrast, words);
}

std::string time_words(const Part& part, const TimeDifference& difference, const Having& having,
                       const Contrast& contrast) {
  const std::string slow = short_duration(difference.slow_ns);
  const std::string rest = short_duration(difference.rest_ns);
  if (part.kind == PartKind::kSelf)
    return "slow requests spend " + slow + " in " + part.name + " itself, others " + rest +
           more_time(difference);
  if (part.kind == PartKind::kWaiting)
    return "slow requests wait " + slow + " on the way to " + part.name +
           " and back (network, queue, accept), others " + rest + more_time(difference);
  const bool internal = part.node == "internal";
  if (difference.mostly_slow)
    return share_words(having, contrast, {internal ? "run" : "call", part.name, "do"}) +
           more_time(difference);
  if (difference.more_calls)
    return std::string("slow requests ") + (internal ? "run " : "call ") + part.name + " " +
           times_words(difference.slow_calls) + ", others " + times_words(difference.rest_calls) +
           more_time(difference);
  return "slow requests spend " + slow + " in " + part.name + ", others " + rest +
         more_time(difference);
}

}  // namespace seamtrace::collector::bottlenecks
