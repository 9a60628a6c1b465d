#include <gtest/gtest.h>

#include <cctype>
#include <string>

#include "agent/codecs/http1/http1_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

struct Known {
  const char* name;
  Http1Header header;
};
constexpr Known kKnown[] = {
    {"Host", Http1Header::kHost},
    {"Content-Length", Http1Header::kContentLength},
    {"Transfer-Encoding", Http1Header::kTransferEncoding},
    {"Connection", Http1Header::kConnection},
    {"Upgrade", Http1Header::kUpgrade},
    {"User-Agent", Http1Header::kUserAgent},
    {"Forwarded", Http1Header::kForwarded},
    {"X-Forwarded-For", Http1Header::kXForwardedFor},
    {"X-Forwarded-Host", Http1Header::kXForwardedHost},
    {"X-Forwarded-Proto", Http1Header::kXForwardedProto},
    {"traceparent", Http1Header::kTraceparent},
    {"tracestate", Http1Header::kTracestate},
    {"baggage", Http1Header::kBaggage},
    {"b3", Http1Header::kB3},
    {"X-B3-TraceId", Http1Header::kXB3TraceId},
    {"X-B3-SpanId", Http1Header::kXB3SpanId},
    {"X-B3-ParentSpanId", Http1Header::kXB3ParentSpanId},
    {"X-B3-Sampled", Http1Header::kXB3Sampled},
    {"X-B3-Flags", Http1Header::kXB3Flags},
    {"uber-trace-id", Http1Header::kUberTraceId},
    {"X-Amzn-Trace-Id", Http1Header::kXAmznTraceId},
    {"X-Cloud-Trace-Context", Http1Header::kXCloudTraceContext},
    {"ot-tracer-traceid", Http1Header::kOtTracerTraceId},
    {"ot-tracer-spanid", Http1Header::kOtTracerSpanId},
    {"ot-tracer-sampled", Http1Header::kOtTracerSampled},
};

class HeaderTest : public ::testing::Test {
 protected:
  Http1Header find(const std::string& name) {
    return find_http1_header(memory_.hold(name), name.size());
  }
  GuardedBytes memory_{64};
};

TEST_F(HeaderTest, EveryKnownNameIsFoundInAnyCase) {
  EXPECT_EQ(std::size(kKnown), static_cast<size_t>(Http1Header::kOtTracerSampled));
  for (const Known& known : kKnown) {
    std::string name = known.name;
    EXPECT_EQ(find(name), known.header) << name;
    for (char& c : name) c = static_cast<char>(toupper(c));
    EXPECT_EQ(find(name), known.header) << name;
    for (char& c : name) c = static_cast<char>(tolower(c));
    EXPECT_EQ(find(name), known.header) << name;
  }
}

TEST_F(HeaderTest, ANameWithAnyByteChangedIsAnother) {
  for (const Known& known : kKnown) {
    const std::string name = known.name;
    for (size_t i = 0; i < name.size(); ++i) {
      for (int c = 0; c < 256; ++c) {
        std::string other = name;
        other[i] = static_cast<char>(c);
        const bool letter = isalpha(static_cast<unsigned char>(name[i])) != 0;
        const bool same = other[i] == name[i] || (letter && (c ^ 0x20) == name[i]);
        EXPECT_EQ(find(other), same ? known.header : Http1Header::kOther) << other;
      }
    }
  }
}

TEST_F(HeaderTest, ShorterAndLongerNamesAreOthers) {
  EXPECT_EQ(find(""), Http1Header::kOther);
  for (const Known& known : kKnown) {
    const std::string name = known.name;
    EXPECT_EQ(find(name + "x"), Http1Header::kOther) << name;
    EXPECT_EQ(find(name.substr(1)), Http1Header::kOther) << name;
    EXPECT_EQ(find(name.substr(0, name.size() - 1)), Http1Header::kOther) << name;
  }
  for (const char* other : {"Accept", "Date", "Server", "Cookie", "Content-Type", "ETag",
                            "Accept-Encoding", "Cache-Control", "X-Request-Id", "Last-Modified"})
    EXPECT_EQ(find(other), Http1Header::kOther) << other;
}

}  // namespace
}  // namespace seamtrace::agent::codecs
