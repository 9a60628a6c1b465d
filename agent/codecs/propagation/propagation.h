// Propagation: trace context <-> header values, for every format we speak.
// Path:    connections -> [codecs/propagation] -> context
// Memory:  pure functions over borrowed bytes; allocate nothing; no libc beyond memcpy.
// Failure: malformed input gives `valid == false`, never a guess.
// Source:  W3C Trace Context level 2; W3C Baggage; B3 (openzipkin/b3-propagation); Jaeger client
//          libraries' propagation format; AWS X-Ray trace header; OpenTracing basictracer headers;
//          Google Cloud X-Cloud-Trace-Context.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace seamtrace::agent::codecs {

/// W3C flags that we keep; all others are zeroed.
inline constexpr uint8_t kFlagSampled = 0x01;
inline constexpr uint8_t kFlagRandom = 0x02;

struct TraceContext {
  uint8_t trace_id[16] = {};
  uint8_t span_id[8] = {};
  uint8_t flags = 0;
  bool valid = false;
  /// False where the format left the sampling decision to us (b3 without a flag, gcp without
  /// `;o=`): treat as "sampled by the caller: unknown", i.e. decide as for a root.
  bool sampling_decided = true;
};

/// One bit per OTEL_PROPAGATORS value.
enum Propagator : uint32_t {
  kTraceContext = 1,
  kBaggage = 2,
  kB3 = 4,
  kB3Multi = 8,
  kJaeger = 16,
  kXray = 32,
  kOtTrace = 64,
  kGcp = 128,
};

/// Parses OTEL_PROPAGATORS (comma list, any case, spaces trimmed, duplicates dropped, unknown
/// names ignored, `none` alone means 0). Empty text: kTraceContext | kBaggage.
uint32_t parse_propagators(std::string_view text);

TraceContext parse_traceparent(std::string_view value);
TraceContext parse_b3(std::string_view value);
/// Any of the four may be empty (absent).
TraceContext parse_b3_multi(std::string_view trace_id, std::string_view span_id,
                            std::string_view sampled, std::string_view flags);
TraceContext parse_jaeger(std::string_view value);
TraceContext parse_xray(std::string_view value);
TraceContext parse_ottrace(std::string_view trace_id, std::string_view span_id,
                           std::string_view sampled);
TraceContext parse_gcp(std::string_view value);

/// Checks and copies one tracestate header value onto the end of `out` (`size` bytes used so far,
/// `capacity` in all; several headers are combined in order with a comma). Returns the new size.
/// A malformed value, a duplicate-free list of more than 32 members, or one that does not fit
/// empties the whole list: returns 0 and sets `invalid`. Optional white space is removed.
size_t append_tracestate(char* out, size_t size, size_t capacity, std::string_view value,
                         bool& invalid);

/// Shortens a valid tracestate to at most `limit` bytes (limit >= 512): members longer than 128
/// characters go first, then from the end. Returns the new size.
size_t shorten_tracestate(char* text, size_t size, size_t limit);

/// Appends one baggage header value, cut to 64 members and 8192 bytes in all, no partial member.
size_t append_baggage(char* out, size_t size, size_t capacity, std::string_view value);

/// `00-<32 hex>-<16 hex>-<2 hex>`: exactly 55 bytes into `out`.
void format_traceparent(const TraceContext& context, char* out);

/// Complete field lines (`name: value\r\n`) of every format in `propagators` for `context`, plus
/// tracestate (with kTraceContext) and baggage (with kBaggage) where they are not empty.
/// Returns the size, or 0 when `capacity` is too small. Names are lower case for W3C and the
/// formats' own spelling for the others.
size_t format_headers(uint32_t propagators, const TraceContext& context,
                      std::string_view tracestate, std::string_view baggage, char* out,
                      size_t capacity);

}  // namespace seamtrace::agent::codecs
