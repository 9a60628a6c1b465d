// The header names that are known, and their look-up: by length, then eight bytes at a time.
#include <bit>
#include <cstring>

#include "agent/codecs/http1/http1_characters.h"
#include "agent/codecs/http1/http1_codec.h"

namespace seamtrace::agent::codecs {
namespace {

struct Eight {
  char bytes[8];
};

// Eight bytes of a name and, for each of its letters, the bit that makes a letter lower case.
struct Word {
  uint64_t text;
  uint64_t case_bits;

  bool matches(const char* at) const {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return (word | case_bits) == text;
  }
};

constexpr Word word_at(const char* name) {
  Eight text{};
  Eight case_bits{};
  for (int i = 0; i < 8; ++i) {
    text.bytes[i] = name[i];
    case_bits.bytes[i] = name[i] >= 'a' && name[i] <= 'z' ? 0x20 : 0;
  }
  return {std::bit_cast<uint64_t>(text), std::bit_cast<uint64_t>(case_bits)};
}

// A name of 8 to 24 bytes as its first, its last and, beyond 16, its second eight bytes.
struct LongName {
  Word first;
  Word second;
  Word last;
  Http1Header header;
};

template <size_t kSizeWithNul>
constexpr LongName long_name(const char (&name)[kSizeWithNul], Http1Header header) {
  constexpr size_t kSize = kSizeWithNul - 1;
  static_assert(kSize >= 8 && kSize <= 24);
  return {word_at(name), word_at(kSize > 16 ? name + 8 : name), word_at(name + kSize - 8), header};
}

constexpr LongName kForwarded = long_name("forwarded", Http1Header::kForwarded);
constexpr LongName kTenBytes[] = {
    long_name("connection", Http1Header::kConnection),
    long_name("user-agent", Http1Header::kUserAgent),
    long_name("tracestate", Http1Header::kTracestate),
    long_name("x-b3-flags", Http1Header::kXB3Flags),
};
constexpr LongName kElevenBytes[] = {
    long_name("traceparent", Http1Header::kTraceparent),
    long_name("x-b3-spanid", Http1Header::kXB3SpanId),
};
constexpr LongName kTwelveBytes[] = {
    long_name("x-b3-traceid", Http1Header::kXB3TraceId),
    long_name("x-b3-sampled", Http1Header::kXB3Sampled),
};
constexpr LongName kUberTraceId = long_name("uber-trace-id", Http1Header::kUberTraceId);
constexpr LongName kContentLength = long_name("content-length", Http1Header::kContentLength);
constexpr LongName kFifteenBytes[] = {
    long_name("x-forwarded-for", Http1Header::kXForwardedFor),
    long_name("x-amzn-trace-id", Http1Header::kXAmznTraceId),
};
constexpr LongName kSixteenBytes[] = {
    long_name("x-forwarded-host", Http1Header::kXForwardedHost),
    long_name("ot-tracer-spanid", Http1Header::kOtTracerSpanId),
};
constexpr LongName kSeventeenBytes[] = {
    long_name("transfer-encoding", Http1Header::kTransferEncoding),
    long_name("x-forwarded-proto", Http1Header::kXForwardedProto),
    long_name("x-b3-parentspanid", Http1Header::kXB3ParentSpanId),
    long_name("ot-tracer-traceid", Http1Header::kOtTracerTraceId),
    long_name("ot-tracer-sampled", Http1Header::kOtTracerSampled),
};
constexpr LongName kXCloudTraceContext =
    long_name("x-cloud-trace-context", Http1Header::kXCloudTraceContext);

Http1Header match(const LongName& known, const char* name, size_t size) {
  const bool same = known.last.matches(name + size - 8) && known.first.matches(name) &&
                    (size <= 16 || known.second.matches(name + 8));
  return same ? known.header : Http1Header::kOther;
}

template <size_t kCount>
Http1Header match(const LongName (&known)[kCount], const char* name, size_t size) {
  for (const LongName& one : known) {
    const Http1Header header = match(one, name, size);
    if (header != Http1Header::kOther) return header;
  }
  return Http1Header::kOther;
}

template <size_t kSizeWithNul>
bool is_short_name(const char* name, const char (&known)[kSizeWithNul]) {
  for (size_t i = 0; i + 1 < kSizeWithNul; ++i)
    if (lower(name[i]) != known[i]) return false;
  return true;
}

}  // namespace

Http1Header find_http1_header(const char* name, size_t size) {
  switch (size) {
    case 2:
      return is_short_name(name, "b3") ? Http1Header::kB3 : Http1Header::kOther;
    case 4:
      return is_short_name(name, "host") ? Http1Header::kHost : Http1Header::kOther;
    case 7:
      if (is_short_name(name, "upgrade")) return Http1Header::kUpgrade;
      return is_short_name(name, "baggage") ? Http1Header::kBaggage : Http1Header::kOther;
    case 9:
      return match(kForwarded, name, size);
    case 10:
      return match(kTenBytes, name, size);
    case 11:
      return match(kElevenBytes, name, size);
    case 12:
      return match(kTwelveBytes, name, size);
    case 13:
      return match(kUberTraceId, name, size);
    case 14:
      return match(kContentLength, name, size);
    case 15:
      return match(kFifteenBytes, name, size);
    case 16:
      return match(kSixteenBytes, name, size);
    case 17:
      return match(kSeventeenBytes, name, size);
    case 21:
      return match(kXCloudTraceContext, name, size);
    default:
      return Http1Header::kOther;
  }
}

}  // namespace seamtrace::agent::codecs
