// Question: the parameters of a question, checked; and the parts that answers are made of.
// Path:    query_api -> [question] -> traces, services
// Owner:   a value for one call; borrows the parameters.
// Failure: an Error with a sentence that names the parameter and says what it takes.
// Source:  docs/query_api.md.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collector/query/query_api.h"
#include "collector/store/trace_row.h"
#include "collector/support/result.h"

namespace seamtrace::collector {

/// Letters of any one parameter; a longer one is refused.
inline constexpr size_t kLongestParameter = 16 * 1024;

struct Question {
  const std::map<std::string, std::string>& parameters;
  uint64_t now_unix_ns = 0;  ///< what ages count from

  /// `since` and `until`; without them the last hour, with `until` alone the hour before it. Never
  /// empty: since_ns < until_ns.
  Result<TimeRange> period() const;
  /// The same under other names; `fallback` where neither is given. `fallback`'s length is what
  /// is taken where only the end is given.
  Result<TimeRange> period(const std::string& since, const std::string& until,
                           TimeRange fallback) const;

  bool has(const std::string& name) const { return parameters.count(name) != 0; }
  /// `fallback` when it is missing. Errors: it is too long or not UTF-8.
  Result<std::string> text(const std::string& name, const std::string& fallback = {}) const;
  /// One of `choices`, the first when it is missing or empty.
  Result<std::string> choice(const std::string& name,
                             std::initializer_list<std::string_view> choices) const;
  /// A whole number from `least` to `most`; `fallback` when it is missing or empty.
  Result<uint64_t> number(const std::string& name, uint64_t fallback, uint64_t least,
                          uint64_t most) const;
  /// `kind`; none when it is missing or empty.
  Result<std::optional<SpanKind>> kind(const std::string& name = "kind") const;
};

QueryAnswer ok_answer(nlohmann::json body);
/// 400: the question is at fault.
QueryAnswer bad_question(std::string_view sentence);
inline QueryAnswer bad_question(const Error& error) { return bad_question(error.message); }
/// 404: the question is good, but there is no such thing.
QueryAnswer not_found(std::string_view sentence);
/// 500: the store could not be read.
QueryAnswer store_fault(const Error& error);

/// `text` as JSON; what is not UTF-8 becomes U+FFFD. All text that comes out of spans passes here.
nlohmann::json json_text(std::string_view text);
/// Whole numbers beyond 2^53 become decimal strings, NaN and infinities `"NaN"`, `"Infinity"`.
nlohmann::json json_value(const Value& value);
/// A key that is there twice counts once: the first.
nlohmann::json json_attributes(std::span<const Attribute> attributes);
/// Null for kNone.
nlohmann::json json_node(const Node& node);
/// Lower-case hex; null when all zero.
nlohmann::json json_id(const TraceId& id);
nlohmann::json json_id(const SpanId& id);
/// Nanoseconds since 1970 as a decimal string.
nlohmann::json json_time(uint64_t unix_ns);
/// Microseconds since 1970, rounded down: exact in a double.
inline uint64_t microseconds(uint64_t unix_ns) { return unix_ns / 1000; }
/// Zero for a span that ends before it begins.
inline uint64_t duration_ns(uint64_t start_unix_ns, uint64_t end_unix_ns) {
  return end_unix_ns > start_unix_ns ? end_unix_ns - start_unix_ns : 0;
}

/// `server`, `client`, `producer`, `consumer`, `internal`.
std::string_view kind_name(SpanKind kind);
std::optional<SpanKind> kind_named(std::string_view name);
/// `unset`, `ok`, `error`.
std::string_view status_name(StatusCode status);
std::optional<StatusCode> status_named(std::string_view name);
/// `root`, `remote`, `exact`, ...; `unknown` for what is not in the enumeration.
std::string_view association_name(wire::Association association);

/// True when the id's hex begins with `digits`. REQUIRES: they are lower-case hex digits.
bool begins_with(const TraceId& id, std::string_view digits);
/// Sixteen bytes out of 32 hex digits of either case.
std::optional<TraceId> parse_trace_id(std::string_view hex);

}  // namespace seamtrace::collector
