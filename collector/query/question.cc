#include "collector/query/question.h"

#include <array>
#include <charconv>
#include <cmath>

#include "collector/export/text.h"
#include "collector/process/resource.h"
#include "collector/support/utf8.h"

namespace seamtrace::collector {
namespace {

using nlohmann::json;

constexpr uint64_t kHour = 3'600'000'000'000;
/// Beyond it a double, and with it JavaScript, no longer has every whole number.
constexpr int64_t kLargestExact = int64_t{1} << 53;

constexpr std::array<std::string_view, 6> kKindNames = {"",       "internal", "server",
                                                        "client", "producer", "consumer"};
constexpr std::array<std::string_view, 3> kStatusNames = {"unset", "ok", "error"};

struct Unit {
  std::string_view name;
  uint64_t nanoseconds;
};
constexpr Unit kAgeUnits[] = {{"s", 1'000'000'000},
                              {"m", 60'000'000'000},
                              {"h", kHour},
                              {"d", 24 * kHour},
                              {"w", 7 * 24 * kHour}};

bool read_number(std::string_view text, uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

/// The product, or the largest number.
uint64_t times(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/// None: it cannot be understood.
std::optional<uint64_t> read_time(std::string_view text, uint64_t now_unix_ns) {
  uint64_t number = 0;
  if (read_number(text, number)) return times(number, 1000);
  for (const Unit& unit : kAgeUnits) {
    if (!text.ends_with(unit.name)) continue;
    if (!read_number(text.substr(0, text.size() - unit.name.size()), number)) return std::nullopt;
    const uint64_t age = times(number, unit.nanoseconds);
    return age > now_unix_ns ? 0 : now_unix_ns - age;
  }
  return std::nullopt;
}

Error not_a_time(const std::string& name) {
  return {name + " must be microseconds since 1970, or an age such as 90s, 15m, 2h or 7d"};
}

template <size_t kSize>
std::optional<uint8_t> position_of(const std::array<std::string_view, kSize>& names,
                                   std::string_view name) {
  for (size_t i = 0; i < kSize; ++i)
    if (names[i] == name && !name.empty()) return static_cast<uint8_t>(i);
  return std::nullopt;
}

QueryAnswer refusal(int status, std::string_view sentence) {
  return {status, {{"error", json_text(sentence)}}};
}

}  // namespace

Result<TimeRange> Question::period() const {
  return period("since", "until", {now_unix_ns > kHour ? now_unix_ns - kHour : 0, now_unix_ns});
}

Result<TimeRange> Question::period(const std::string& since, const std::string& until,
                                   TimeRange fallback) const {
  TimeRange range = fallback;
  if (const auto found = parameters.find(until); found != parameters.end()) {
    const auto time = read_time(found->second, now_unix_ns);
    if (!time) return not_a_time(until);
    range.until_ns = *time;
    const uint64_t length = fallback.until_ns - fallback.since_ns;
    range.since_ns = *time > length ? *time - length : 0;
  }
  if (const auto found = parameters.find(since); found != parameters.end()) {
    const auto time = read_time(found->second, now_unix_ns);
    if (!time) return not_a_time(since);
    range.since_ns = *time;
  }
  if (range.since_ns >= range.until_ns)
    return Error{since + " must be earlier than " + until + " (which is now when it is left out)"};
  return range;
}

Result<std::string> Question::text(const std::string& name, const std::string& fallback) const {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return fallback;
  if (found->second.size() > kLongestParameter)
    return Error{name + " is too long; shorten it to " + std::to_string(kLongestParameter) +
                 " bytes"};
  if (!is_valid_utf8(found->second)) return Error{name + " is not UTF-8 text"};
  return found->second;
}

Result<std::string> Question::choice(const std::string& name,
                                     std::initializer_list<std::string_view> choices) const {
  const auto found = parameters.find(name);
  if (found == parameters.end() || found->second.empty()) return std::string(*choices.begin());
  std::string sentence = name + " must be one of";
  const char* separator = " ";
  for (const std::string_view choice : choices) {
    if (found->second == choice) return found->second;
    sentence.append(separator).append(choice);
    separator = ", ";
  }
  return Error{sentence};
}

Result<uint64_t> Question::number(const std::string& name, uint64_t fallback, uint64_t least,
                                  uint64_t most) const {
  const auto found = parameters.find(name);
  if (found == parameters.end() || found->second.empty()) return fallback;
  uint64_t number = 0;
  if (!read_number(found->second, number) || number < least || number > most)
    return Error{name + " must be a whole number from " + std::to_string(least) + " to " +
                 std::to_string(most)};
  return number;
}

Result<std::optional<SpanKind>> Question::kind(const std::string& name) const {
  const auto found = parameters.find(name);
  if (found == parameters.end() || found->second.empty()) return std::optional<SpanKind>{};
  const auto kind = kind_named(found->second);
  if (!kind) return Error{name + " must be one of server, client, producer, consumer, internal"};
  return kind;
}

QueryAnswer ok_answer(json body) { return {200, std::move(body)}; }
QueryAnswer bad_question(std::string_view sentence) { return refusal(400, sentence); }
QueryAnswer not_found(std::string_view sentence) { return refusal(404, sentence); }
QueryAnswer store_fault(const Error& error) { return refusal(500, error.message); }

json json_text(std::string_view text) {
  return is_valid_utf8(text) ? json(std::string(text)) : json(valid_utf8(text));
}

json json_value(const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return json_text(*text);
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean;
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    if (*integer > kLargestExact || *integer < -kLargestExact) return std::to_string(*integer);
    return *integer;
  }
  if (const auto* real = std::get_if<double>(&value)) {
    if (std::isnan(*real)) return "NaN";
    if (std::isinf(*real)) return *real > 0 ? "Infinity" : "-Infinity";
    return *real;
  }
  json elements = json::array();
  for (const std::string_view element : std::get<std::span<const std::string_view>>(value))
    elements.push_back(json_text(element));
  return elements;
}

json json_attributes(std::span<const Attribute> attributes) {
  json object = json::object();
  std::string storage;
  for (const Attribute& attribute : attributes) {
    const std::string_view key = as_utf8(attribute.key, storage);
    object.emplace(std::string(key), json_value(attribute.value));
  }
  return object;
}

json json_node(const Node& node) {
  if (node.kind == NodeKind::kNone) return nullptr;
  return {{"kind", node_kind_name(node.kind)},
          {"system", json_text(node.system)},
          {"name", json_text(node.name)}};
}

json json_id(const TraceId& id) { return is_zero(id) ? json(nullptr) : json(to_hex(id)); }
json json_id(const SpanId& id) { return is_zero(id) ? json(nullptr) : json(to_hex(id)); }

json json_time(uint64_t unix_ns) { return std::to_string(unix_ns); }

std::string_view kind_name(SpanKind kind) {
  const auto number = static_cast<size_t>(kind);
  return number == 0 || number >= kKindNames.size() ? "internal" : kKindNames[number];
}

std::optional<SpanKind> kind_named(std::string_view name) {
  const auto number = position_of(kKindNames, name);
  return number ? std::optional(static_cast<SpanKind>(*number)) : std::nullopt;
}

std::string_view status_name(StatusCode status) {
  const auto number = static_cast<size_t>(status);
  return number >= kStatusNames.size() ? "unset" : kStatusNames[number];
}

std::optional<StatusCode> status_named(std::string_view name) {
  const auto number = position_of(kStatusNames, name);
  return number ? std::optional(static_cast<StatusCode>(*number)) : std::nullopt;
}

std::string_view association_name(wire::Association association) {
  constexpr std::string_view kNames[] = {"root",    "remote",   "exact",       "handoff",
                                         "runtime", "inferred", "environment", "adopted"};
  const auto number = static_cast<size_t>(association);
  return number < std::size(kNames) ? kNames[number] : "unknown";
}

bool begins_with(const TraceId& id, std::string_view digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (digits.size() > 2 * id.size()) return false;
  for (size_t i = 0; i < digits.size(); ++i) {
    const uint8_t byte = id[i / 2];
    if (digits[i] != kDigits[i % 2 == 0 ? byte >> 4 : byte & 15]) return false;
  }
  return true;
}

std::optional<TraceId> parse_trace_id(std::string_view hex) {
  TraceId id{};
  if (hex.size() != 2 * id.size()) return std::nullopt;
  for (size_t i = 0; i < id.size(); ++i) {
    const char* digits = hex.data() + 2 * i;
    const auto [end, error] = std::from_chars(digits, digits + 2, id[i], 16);
    if (error != std::errc{} || end != digits + 2) return std::nullopt;
  }
  return id;
}

}  // namespace seamtrace::collector
