// Field lines as other tracers expect them, and that we read what we write.
#include <map>
#include <random>
#include <string>

#include "agent/codecs/propagation/propagation_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

constexpr uint32_t kAll =
    kTraceContext | kBaggage | kB3 | kB3Multi | kJaeger | kXray | kOtTrace | kGcp;

std::string headers(uint32_t propagators, const TraceContext& context,
                    std::string_view tracestate = {}, std::string_view baggage = {}) {
  char out[1024];
  return {out, format_headers(propagators, context, tracestate, baggage, out, sizeof out)};
}

TEST(FormatHeaders, WritesEachFormat) {
  EXPECT_EQ(headers(kTraceContext, example(1)),
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n");
  EXPECT_EQ(headers(kB3, example(1)),
            "b3: 0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1\r\n");
  EXPECT_EQ(headers(kB3, example(2)),
            "b3: 0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0\r\n");
  EXPECT_EQ(headers(kB3Multi, example(1)),
            "X-B3-TraceId: 0af7651916cd43dd8448eb211c80319c\r\nX-B3-SpanId: b7ad6b7169203331\r\n"
            "X-B3-Sampled: 1\r\n");
  EXPECT_EQ(headers(kJaeger, example(0)),
            "uber-trace-id: 0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:0\r\n");
  EXPECT_EQ(headers(kXray, example(1)),
            "X-Amzn-Trace-Id: "
            "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1\r\n");
  EXPECT_EQ(headers(kOtTrace, example(1)),
            "ot-tracer-traceid: 8448eb211c80319c\r\not-tracer-spanid: b7ad6b7169203331\r\n"
            "ot-tracer-sampled: true\r\n");
  EXPECT_EQ(headers(kGcp, example(1)),
            "X-Cloud-Trace-Context: 0af7651916cd43dd8448eb211c80319c/13235353014750950193;o=1\r\n");
}

TEST(FormatHeaders, AddsTracestateAndBaggageWhereTheyBelong) {
  const std::string traceparent = headers(kTraceContext, example(3));
  EXPECT_EQ(headers(kTraceContext | kBaggage, example(3), "a=1", "b=2"),
            traceparent + "tracestate: a=1\r\nbaggage: b=2\r\n");
  EXPECT_EQ(headers(kTraceContext, example(3), "a=1", "b=2"), traceparent + "tracestate: a=1\r\n");
  EXPECT_EQ(headers(kBaggage, example(3), "a=1", "b=2"), "baggage: b=2\r\n");
  EXPECT_EQ(headers(kTraceContext | kBaggage, example(3)), traceparent);
}

TEST(FormatHeaders, OfNoContextAreBaggageAlone) {
  EXPECT_EQ(headers(kAll, TraceContext(), "a=1", "b=2"), "baggage: b=2\r\n");
  EXPECT_EQ(headers(0, example(1), "a=1", "b=2"), "");
}

TEST(FormatHeaders, WritesNothingBeyondTheCapacity) {
  const std::string all = headers(kAll, example(1), "a=1", "b=2");
  for (size_t capacity = 0; capacity <= all.size(); ++capacity) {
    std::string out(all.size() + 1, '#');
    const size_t size = format_headers(kAll, example(1), "a=1", "b=2", out.data(), capacity);
    EXPECT_EQ(size, capacity == all.size() ? all.size() : 0u);
    EXPECT_EQ(out.find_first_not_of('#', capacity), std::string::npos) << capacity;
  }
}

// The values of field lines by name.
std::map<std::string, std::string> fields(const std::string& lines) {
  std::map<std::string, std::string> values;
  size_t begin = 0;
  while (begin < lines.size()) {
    const size_t colon = lines.find(": ", begin);
    const size_t end = lines.find("\r\n", begin);
    values[lines.substr(begin, colon - begin)] = lines.substr(colon + 2, end - colon - 2);
    begin = end + 2;
  }
  return values;
}

TEST(FormatHeaders, AreReadBackAsTheyWereWritten) {
  std::mt19937_64 random(42);
  for (int round = 0; round < 1000; ++round) {
    TraceContext context;
    for (uint8_t& byte : context.trace_id) byte = static_cast<uint8_t>(random() >> 56);
    for (uint8_t& byte : context.span_id) byte = static_cast<uint8_t>(random() >> 56);
    if (round % 3 == 0) context.span_id[0] = context.trace_id[0] = 0;
    context.flags = static_cast<uint8_t>(round % 4);
    context.valid = true;
    TraceContext no_random_flag = context;
    no_random_flag.flags &= kFlagSampled;
    TraceContext low_half = no_random_flag;
    for (int i = 0; i < 8; ++i) low_half.trace_id[i] = 0;
    auto values = fields(headers(kAll, context));
    EXPECT_EQ(values.size(), 11u);
    EXPECT_EQ(show(parse_traceparent(values["traceparent"])), show(context));
    EXPECT_EQ(show(parse_b3(values["b3"])), show(no_random_flag));
    EXPECT_EQ(show(parse_b3_multi(values["X-B3-TraceId"], values["X-B3-SpanId"],
                                  values["X-B3-Sampled"], "")),
              show(no_random_flag));
    EXPECT_EQ(show(parse_jaeger(values["uber-trace-id"])), show(no_random_flag));
    EXPECT_EQ(show(parse_xray(values["X-Amzn-Trace-Id"])), show(no_random_flag));
    EXPECT_EQ(show(parse_ottrace(values["ot-tracer-traceid"], values["ot-tracer-spanid"],
                                 values["ot-tracer-sampled"])),
              show(low_half));
    EXPECT_EQ(show(parse_gcp(values["X-Cloud-Trace-Context"])), show(no_random_flag));
  }
}

}  // namespace
}  // namespace seamtrace::agent::codecs
