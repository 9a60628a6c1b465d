// Headers of B3, Jaeger, AWS X-Ray, OpenTracing and Google Cloud.
#include <string>
#include <vector>

#include "agent/codecs/propagation/propagation_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

const std::string kIds = std::string(kTrace) + "-" + kSpan;
const std::string kZeroTrace(32, '0');
const std::string kZeroSpan(16, '0');
const std::string kShortTrace = "8448eb211c80319c";
const std::string kShortShown = "00000000000000008448eb211c80319c " + std::string(kSpan) + " ";

TEST(B3, CarriesIdsAndADecision) {
  EXPECT_EQ(show(parse_b3(kIds + "-1")), kShown + "1");
  EXPECT_EQ(show(parse_b3(kIds + "-d")), kShown + "1");
  EXPECT_EQ(show(parse_b3(kIds + "-0")), kShown + "0");
  EXPECT_EQ(show(parse_b3(kIds + "-1-05e3ac9a4f6e3b90")), kShown + "1");
  EXPECT_EQ(show(parse_b3(" " + kIds + "-0 ")), kShown + "0");
}

TEST(B3, WithoutADecisionLeavesItToUs) { EXPECT_EQ(show(parse_b3(kIds)), kShown + "0 undecided"); }

TEST(B3, TraceIdMayHave64Bits) {
  EXPECT_EQ(show(parse_b3(kShortTrace + "-" + kSpan + "-1")), kShortShown + "1");
}

TEST(B3, ThatIsMalformedIsInvalid) {
  for (const std::string& value : std::vector<std::string>{
           "", "0", "1", "d", "-", "--", kTrace, kIds + "-", kIds + "-2", kIds + "-true",
           kIds + "-1-", kIds + "-1-05e3ac9a4f6e3b9", kIds + "-1-05e3ac9a4f6e3b90-1",
           kIds + "-1-05e3ac9a4f6e3b9G", kZeroTrace + "-" + kSpan + "-1",
           std::string(kTrace) + "-" + kZeroSpan + "-1",
           std::string(kTrace).substr(1) + "-" + kSpan + "-1", kIds + "0-1",
           "0AF7651916CD43DD8448EB211C80319C-" + std::string(kSpan) + "-1"})
    EXPECT_EQ(show(parse_b3(value)), "invalid") << value;
}

TEST(B3Multi, CarriesIdsAndADecision) {
  EXPECT_EQ(show(parse_b3_multi(kTrace, kSpan, "1", "")), kShown + "1");
  EXPECT_EQ(show(parse_b3_multi(kTrace, kSpan, "true", "")), kShown + "1");
  EXPECT_EQ(show(parse_b3_multi(kTrace, kSpan, " 0 ", "")), kShown + "0");
  EXPECT_EQ(show(parse_b3_multi(kTrace, kSpan, "false", "0")), kShown + "0");
  EXPECT_EQ(show(parse_b3_multi(kTrace, kSpan, "", "")), kShown + "0 undecided");
  EXPECT_EQ(show(parse_b3_multi(kShortTrace, kSpan, "1", "")), kShortShown + "1");
}

TEST(B3Multi, DebugMeansSampled) {
  EXPECT_EQ(show(parse_b3_multi(kTrace, kSpan, "", "1")), kShown + "1");
  EXPECT_EQ(show(parse_b3_multi(kTrace, kSpan, "0", "1")), kShown + "1");
}

TEST(B3Multi, NeedsBothIds) {
  EXPECT_EQ(show(parse_b3_multi("", kSpan, "1", "")), "invalid");
  EXPECT_EQ(show(parse_b3_multi(kTrace, "", "1", "")), "invalid");
  EXPECT_EQ(show(parse_b3_multi("", "", "1", "1")), "invalid");
  EXPECT_EQ(show(parse_b3_multi(kZeroTrace, kSpan, "1", "")), "invalid");
  EXPECT_EQ(show(parse_b3_multi(kTrace, kZeroSpan, "1", "")), "invalid");
  EXPECT_EQ(show(parse_b3_multi(kTrace, kSpan, "maybe", "")), "invalid");
}

TEST(Jaeger, CarriesIdsAndFlags) {
  const std::string ids = std::string(kTrace) + ":" + kSpan;
  EXPECT_EQ(show(parse_jaeger(ids + ":0:1")), kShown + "1");
  EXPECT_EQ(show(parse_jaeger(ids + ":05e3ac9a4f6e3b90:0")), kShown + "0");
  EXPECT_EQ(show(parse_jaeger(ids + "::01")), kShown + "1");
  EXPECT_EQ(show(parse_jaeger(ids + ":0:3")), kShown + "1");
  EXPECT_EQ(show(parse_jaeger(ids + ":0:2")), kShown + "1") << "debug";
  EXPECT_EQ(show(parse_jaeger(ids + ":0:8")), kShown + "0") << "firehose alone";
  EXPECT_EQ(show(parse_jaeger(std::string(kTrace) + "%3A" + kSpan + "%3a0%3A1")), kShown + "1");
}

TEST(Jaeger, IdsMayLackLeadingZeros) {
  EXPECT_EQ(show(parse_jaeger("1:2:0:1")),
            std::string(31, '0') + "1 " + std::string(15, '0') + "2 1");
  EXPECT_EQ(show(parse_jaeger("abc:def:0:1")),
            std::string(29, '0') + "abc " + std::string(13, '0') + "def 1");
}

TEST(Jaeger, ThatIsMalformedIsInvalid) {
  for (const char* value : {"", "1", "1:2", "1:2:0", "1:2:0:", "1:2:0:111", "1:2:0:g", "1:2:0:1:1",
                            "0:2:0:1", "1:0:0:1", ":2:0:1", "1::0:1", "g:2:0:1", "1:2:x:1",
                            "1:2:12345678901234567:1", "123456789012345678901234567890123:2:0:1",
                            "1:12345678901234567:0:1", "1%3B2:0:1", "1%32%3a0%3a1"})
    EXPECT_EQ(show(parse_jaeger(value)), "invalid") << value;
}

TEST(XRay, CarriesIdsAndADecision) {
  const std::string root = "Root=1-0af76519-16cd43dd8448eb211c80319c";
  const std::string parent = std::string("Parent=") + kSpan;
  EXPECT_EQ(show(parse_xray(root + ";" + parent + ";Sampled=1")), kShown + "1");
  EXPECT_EQ(show(parse_xray(root + "; " + parent + "; Sampled=0")), kShown + "0");
  EXPECT_EQ(
      show(parse_xray("Self=1-x-y;Sampled=1 ;Lineage=a:1; " + parent + ";" + root + ";Custom=v")),
      kShown + "1");
  EXPECT_EQ(show(parse_xray(root + ";" + parent + ";Sampled=?")), kShown + "0 undecided");
  EXPECT_EQ(show(parse_xray(root + ";" + parent)), kShown + "0 undecided");
}

TEST(XRay, ThatIsMalformedIsInvalid) {
  const std::string root = "Root=1-0af76519-16cd43dd8448eb211c80319c";
  const std::string parent = std::string("Parent=") + kSpan;
  for (const std::string& value : std::vector<std::string>{
           "", ";", root, parent, root + ";Sampled=1", root + ";" + parent + ";Sampled=2",
           root + ";" + parent + ";Sampled=", root + ";Parent=b7ad6b716920333",
           root + ";Parent=" + kZeroSpan, root + ";" + parent + "0",
           "Root=2-0af76519-16cd43dd8448eb211c80319c;" + parent,
           "Root=1-0af7651-916cd43dd8448eb211c80319c;" + parent,
           "Root=1-0af76519_16cd43dd8448eb211c80319c;" + parent,
           "Root=1-0AF76519-16cd43dd8448eb211c80319c;" + parent,
           "Root=1-00000000-000000000000000000000000;" + parent,
           "Root=" + std::string(kTrace) + ";" + parent})
    EXPECT_EQ(show(parse_xray(value)), "invalid") << value;
}

TEST(OtTrace, CarriesIdsAndADecision) {
  EXPECT_EQ(show(parse_ottrace(kTrace, kSpan, "true")), kShown + "1");
  EXPECT_EQ(show(parse_ottrace(kShortTrace, kSpan, "false")), kShortShown + "0");
  EXPECT_EQ(show(parse_ottrace(kTrace, kSpan, "")), kShown + "0 undecided");
  EXPECT_EQ(show(parse_ottrace("a", "b", "true")),
            std::string(31, '0') + "a " + std::string(15, '0') + "b 1");
}

TEST(OtTrace, ThatIsMalformedIsInvalid) {
  EXPECT_EQ(show(parse_ottrace("", kSpan, "true")), "invalid");
  EXPECT_EQ(show(parse_ottrace(kTrace, "", "true")), "invalid");
  EXPECT_EQ(show(parse_ottrace("0", kSpan, "true")), "invalid");
  EXPECT_EQ(show(parse_ottrace(kTrace, "0", "true")), "invalid");
  EXPECT_EQ(show(parse_ottrace("xyz", kSpan, "true")), "invalid");
  EXPECT_EQ(show(parse_ottrace(std::string(kTrace) + "0", kSpan, "true")), "invalid");
  EXPECT_EQ(show(parse_ottrace(kTrace, std::string(kSpan) + "0", "true")), "invalid");
  EXPECT_EQ(show(parse_ottrace(kTrace, kSpan, "yes")), "invalid");
}

TEST(Gcp, CarriesTheSpanIdInDecimal) {
  const std::string trace = std::string(kTrace) + "/";
  EXPECT_EQ(show(parse_gcp(trace + "13235353014750950193;o=1")), kShown + "1");
  EXPECT_EQ(show(parse_gcp(trace + "13235353014750950193;o=0")), kShown + "0");
  EXPECT_EQ(show(parse_gcp(trace + "13235353014750950193")), kShown + "0 undecided");
  EXPECT_EQ(show(parse_gcp(" " + trace + "00000000000000000001;o=1 ")),
            std::string(kTrace) + " 0000000000000001 1");
  EXPECT_EQ(show(parse_gcp(trace + "18446744073709551615;o=1")),
            std::string(kTrace) + " ffffffffffffffff 1");
}

TEST(Gcp, ThatIsMalformedIsInvalid) {
  const std::string trace = std::string(kTrace) + "/";
  for (const std::string& value : std::vector<std::string>{
           "", kTrace, trace, trace + ";o=1", trace + "0;o=1", trace + "18446744073709551617;o=1",
           trace + "99999999999999999999;o=1", trace + "000000000000000000001;o=1",
           trace + "12x;o=1", trace + "-1;o=1", trace + "1;", trace + "1;o=2",
           trace + "1;o=", trace + "1;o=11", trace + "1;o=1;", trace + "1/1", kZeroTrace + "/1;o=1",
           trace.substr(1) + "1;o=1", "0AF7651916CD43DD8448EB211C80319C/1;o=1"})
    EXPECT_EQ(show(parse_gcp(value)), "invalid") << value;
}

}  // namespace
}  // namespace seamtrace::agent::codecs
