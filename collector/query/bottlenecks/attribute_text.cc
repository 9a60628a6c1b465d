#include "collector/query/bottlenecks/attribute_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace seamtrace::collector::bottlenecks {
namespace {

constexpr std::array<std::string_view, 8> kSilentKeys = {
    "client.port", "network.peer.port", "net.peer.port",   "net.sock.peer.port",
    "source.port", "service.name",      "process.command", "process.command_line",
};
constexpr std::array<std::string_view, 3> kSilentBeginnings = {"seamtrace.", "telemetry.", "otel."};

constexpr std::array<std::string_view, 5> kNameEndings = {".port", ".id", ".pid", "_id", ".code"};
constexpr std::array<std::string_view, 4> kDurationWords = {"duration", "elapsed", "latency",
                                                            "_time"};

std::string real_text(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

}  // namespace

bool may_tell(std::string_view key) {
  return std::find(kSilentKeys.begin(), kSilentKeys.end(), key) == kSilentKeys.end() &&
         std::none_of(kSilentBeginnings.begin(), kSilentBeginnings.end(),
                      [&](std::string_view beginning) { return key.starts_with(beginning); });
}

std::string attribute_text(const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean ? "true" : "false";
  if (const auto* real = std::get_if<double>(&value)) return real_text(*real);
  return {};
}

std::optional<double> attribute_number(const Attribute& attribute) {
  const std::string_view key = attribute.key;
  const bool is_name = key.ends_with("status_code") ||
                       std::any_of(kNameEndings.begin(), kNameEndings.end(),
                                   [&](std::string_view ending) { return key.ends_with(ending); });
  const bool is_duration =
      std::any_of(kDurationWords.begin(), kDurationWords.end(),
                  [&](std::string_view word) { return key.find(word) != std::string_view::npos; });
  if (is_name || is_duration) return std::nullopt;
  if (const auto* number = std::get_if<int64_t>(&attribute.value))
    return static_cast<double>(*number);
  const auto* real = std::get_if<double>(&attribute.value);
  return real != nullptr && std::isfinite(*real) ? std::optional(*real) : std::nullopt;
}

}  // namespace seamtrace::collector::bottlenecks
