// B3, Jaeger, AWS X-Ray, OpenTracing and Google Cloud headers -> trace context.
#include "agent/codecs/propagation/hexadecimal.h"
#include "agent/codecs/propagation/propagation.h"
#include "agent/codecs/propagation/text.h"
#include "wire/configuration.h"

namespace seamtrace::agent::codecs {
namespace {

enum class Decision : uint8_t { kUnknown, kDrop, kSample, kMalformed };

bool read_trace_id(std::string_view text, TraceContext& context) {
  return read_short_hex(text, context.trace_id, sizeof context.trace_id) &&
         !is_zero(context.trace_id, sizeof context.trace_id);
}

bool read_span_id(std::string_view text, TraceContext& context) {
  return read_short_hex(text, context.span_id, sizeof context.span_id) &&
         !is_zero(context.span_id, sizeof context.span_id);
}

// B3 ids have all their digits; the upper half of the trace id may be left out.
bool read_b3_ids(std::string_view trace_id, std::string_view span_id, TraceContext& context) {
  return (trace_id.size() == 32 || trace_id.size() == 16) && span_id.size() == 16 &&
         read_trace_id(trace_id, context) && read_span_id(span_id, context);
}

bool is_hex(std::string_view text) {
  for (const char c : text)
    if (hex_digit(c) > 15) return false;
  return true;
}

TraceContext with_decision(TraceContext context, Decision decision) {
  if (decision == Decision::kMalformed) return {};
  context.flags = decision == Decision::kSample ? kFlagSampled : 0;
  context.sampling_decided = decision != Decision::kUnknown;
  context.valid = true;
  return context;
}

Decision boolean_decision(std::string_view text) {
  if (text.empty()) return Decision::kUnknown;
  if (text == "1" || wire::equals_ignoring_case(text, "true")) return Decision::kSample;
  if (text == "0" || wire::equals_ignoring_case(text, "false")) return Decision::kDrop;
  return Decision::kMalformed;
}

// Takes `name` off the front of `text`.
bool take_prefix(std::string_view& text, std::string_view name) {
  if (text.size() < name.size()) return false;
  for (size_t i = 0; i < name.size(); ++i)
    if (text[i] != name[i]) return false;
  text.remove_prefix(name.size());
  return true;
}

// As take_until(rest, ':'); Jaeger's clients write the colon percent-encoded, too.
std::string_view take_jaeger_part(std::string_view& rest, bool& found) {
  for (size_t i = 0; i < rest.size(); ++i) {
    const bool encoded = i + 2 < rest.size() && rest[i] == '%' && rest[i + 1] == '3' &&
                         wire::to_lower(rest[i + 2]) == 'a';
    if (rest[i] != ':' && !encoded) continue;
    const std::string_view part(rest.data(), i);
    rest.remove_prefix(i + (encoded ? 3 : 1));
    found = true;
    return part;
  }
  found = false;
  const std::string_view part = rest;
  rest.remove_prefix(rest.size());
  return part;
}

}  // namespace

// {trace}-{span}[-{0|1|d}[-{parent}]]; a decision without ids carries no context.
TraceContext parse_b3(std::string_view value) {
  TraceContext context;
  std::string_view rest = trimmed(value);
  bool more = false;
  const std::string_view trace_id = take_until(rest, '-', more);
  if (!more) return {};
  const std::string_view span_id = take_until(rest, '-', more);
  if (!read_b3_ids(trace_id, span_id, context)) return {};
  if (!more) return with_decision(context, Decision::kUnknown);
  const std::string_view flag = take_until(rest, '-', more);
  if (more && (rest.size() != 16 || !is_hex(rest))) return {};
  if (flag == "1" || flag == "d") return with_decision(context, Decision::kSample);
  return with_decision(context, flag == "0" ? Decision::kDrop : Decision::kMalformed);
}

// Debug (`flags` 1) implies that the trace is sampled.
TraceContext parse_b3_multi(std::string_view trace_id, std::string_view span_id,
                            std::string_view sampled, std::string_view flags) {
  TraceContext context;
  if (!read_b3_ids(trimmed(trace_id), trimmed(span_id), context)) return {};
  if (trimmed(flags) == "1") return with_decision(context, Decision::kSample);
  return with_decision(context, boolean_decision(trimmed(sampled)));
}

// {trace}:{span}:{parent}:{flags}, leading zeros left out by some; flag 1 sampled, 2 debug.
TraceContext parse_jaeger(std::string_view value) {
  constexpr uint8_t kSampledOrDebug = 3;
  TraceContext context;
  std::string_view rest = trimmed(value);
  bool more = false;
  if (!read_trace_id(take_jaeger_part(rest, more), context) || !more) return {};
  if (!read_span_id(take_jaeger_part(rest, more), context) || !more) return {};
  const std::string_view parent = take_jaeger_part(rest, more);
  uint8_t flags = 0;
  if (!more || parent.size() > 16 || !is_hex(parent) || !read_short_hex(rest, &flags, 1)) return {};
  return with_decision(context,
                       (flags & kSampledOrDebug) != 0 ? Decision::kSample : Decision::kDrop);
}

// Root=1-{8}-{24};Parent={16};Sampled={0|1|?}, in any order, among other parts.
TraceContext parse_xray(std::string_view value) {
  TraceContext context;
  bool has_trace_id = false;
  bool has_span_id = false;
  Decision decision = Decision::kUnknown;
  Items items(value, ';');
  std::string_view item;
  while (items.next(item)) {
    std::string_view part = trimmed(item);
    if (take_prefix(part, "Root=")) {
      if (part.size() != 35 || !take_prefix(part, "1-") || part[8] != '-') return {};
      has_trace_id = read_hex(part.data(), context.trace_id, 4) &&
                     read_hex(part.data() + 9, context.trace_id + 4, 12) &&
                     !is_zero(context.trace_id, sizeof context.trace_id);
      if (!has_trace_id) return {};
    } else if (take_prefix(part, "Parent=")) {
      has_span_id = part.size() == 16 && read_span_id(part, context);
      if (!has_span_id) return {};
    } else if (take_prefix(part, "Sampled=")) {
      decision = part == "1"   ? Decision::kSample
                 : part == "0" ? Decision::kDrop
                 : part == "?" ? Decision::kUnknown
                               : Decision::kMalformed;
    }
  }
  if (!has_trace_id || !has_span_id) return {};
  return with_decision(context, decision);
}

// The basic tracers write numbers without leading zeros.
TraceContext parse_ottrace(std::string_view trace_id, std::string_view span_id,
                           std::string_view sampled) {
  TraceContext context;
  if (!read_trace_id(trimmed(trace_id), context) || !read_span_id(trimmed(span_id), context))
    return {};
  return with_decision(context, boolean_decision(trimmed(sampled)));
}

// {32 hex}/{span id in decimal}[;o={0|1}]
TraceContext parse_gcp(std::string_view value) {
  TraceContext context;
  std::string_view rest = trimmed(value);
  bool more = false;
  const std::string_view trace_id = take_until(rest, '/', more);
  if (!more || trace_id.size() != 32 || !read_trace_id(trace_id, context)) return {};
  const std::string_view span = take_until(rest, ';', more);
  if (span.empty() || span.size() > 20) return {};
  uint64_t number = 0;
  for (const char c : span) {
    if (c < '0' || c > '9') return {};
    const auto digit = static_cast<uint64_t>(c - '0');
    if (number > (UINT64_MAX - digit) / 10) return {};
    number = number * 10 + digit;
  }
  if (number == 0) return {};
  for (size_t i = 0; i < sizeof context.span_id; ++i)
    context.span_id[i] = static_cast<uint8_t>(number >> (56 - 8 * i));
  if (!more) return with_decision(context, Decision::kUnknown);
  return with_decision(context, rest == "o=1"   ? Decision::kSample
                                : rest == "o=0" ? Decision::kDrop
                                                : Decision::kMalformed);
}

}  // namespace seamtrace::agent::codecs
