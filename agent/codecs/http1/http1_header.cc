// The header names that are known, and their look-up: by length, then eight bytes at a time.
#include <bit>
#include <cstring>

#include "agent/codecs/http1/http1_characters.h"
#include "agent/codecs/http1/http1_codec.h"

namespace seamtrace::agent::codecs {
namespace {

// As many bytes of a name as Bits has and, for each of its letters, the bit that makes a letter
// lower case.
template <class Bits>
struct Word {
  struct Bytes {
    char bytes[sizeof(Bits)];
  };

  Bits text;
  Bits case_bits;

  constexpr explicit Word(const char* name) : text(0), case_bits(0) {
    Bytes letters{};
    Bytes marks{};
    for (size_t i = 0; i < sizeof(Bits); ++i) {
      letters.bytes[i] = name[i];
      marks.bytes[i] = name[i] >= 'a' && name[i] <= 'z' ? 0x20 : 0;
    }
    text = std::bit_cast<Bits>(letters);
    case_bits = std::bit_cast<Bits>(marks);
  }

  bool matches(const char* at) const {
    Bits word;
    memcpy(&word, at, sizeof word);
    return (word | case_bits) == text;
  }
};

constexpr Word<uint16_t> kB3("b3");
constexpr Word<uint32_t> kHost("host");
constexpr Word<uint32_t> kUpgrade[] = {Word<uint32_t>("upgr"), Word<uint32_t>("rade")};
constexpr Word<uint32_t> kBaggage[] = {Word<uint32_t>("bagg"), Word<uint32_t>("gage")};

// A name of 8 to 24 bytes as its first, its last and, beyond 16, its second eight bytes.
struct LongName {
  Word<uint64_t> first;
  Word<uint64_t> second;
  Word<uint64_t> last;
  Http1Header header;
};

template <size_t kSizeWithNul>
constexpr LongName long_name(const char (&name)[kSizeWithNul], Http1Header header) {
  constexpr size_t kSize = kSizeWithNul - 1;
  static_assert(kSize >= 8 && kSize <= 24);
  return {Word<uint64_t>(name), Word<uint64_t>(kSize > 16 ? name + 8 : name),
          Word<uint64_t>(name + kSize - 8), header};
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

}  // namespace

Http1Header find_http1_header(const char* name, size_t size) {
  switch (size) {
    case 2:
      return kB3.matches(name) ? Http1Header::kB3 : Http1Header::kOther;
    case 4:
      return kHost.matches(name) ? Http1Header::kHost : Http1Header::kOther;
    case 7:
      if (kUpgrade[0].matches(name) && kUpgrade[1].matches(name + 3)) return Http1Header::kUpgrade;
      if (kBaggage[0].matches(name) && kBaggage[1].matches(name + 3)) return Http1Header::kBaggage;
      return Http1Header::kOther;
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
