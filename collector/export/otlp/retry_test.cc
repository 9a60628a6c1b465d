#include "collector/export/otlp/retry.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "collector/export/otlp/gzip.h"

namespace seamtrace::collector {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Retry, OnlyTheFourStatusesOfOtlpAreRetried) {
  for (const long status : {429, 502, 503, 504}) EXPECT_TRUE(is_retryable_status(status));
  for (const long status : {200, 202, 301, 400, 401, 404, 408, 413, 500, 501, 505})
    EXPECT_FALSE(is_retryable_status(status)) << status;
}

TEST(Retry, PausesDoubleUpToTheLongest) {
  const RetryPolicy policy{milliseconds(100), milliseconds(1000)};
  EXPECT_EQ(backoff(policy, 1, 0.0), milliseconds(50));
  EXPECT_EQ(backoff(policy, 1, 0.999999), milliseconds(99));
  EXPECT_EQ(backoff(policy, 2, 0.0), milliseconds(100));
  EXPECT_EQ(backoff(policy, 4, 0.0), milliseconds(400));
  EXPECT_EQ(backoff(policy, 5, 0.0), milliseconds(500));
  EXPECT_EQ(backoff(policy, 4'000'000'000u, 0.0), milliseconds(500));
}

TEST(Retry, RetryAfterIsSecondsOrADate) {
  constexpr time_t kNow = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(parse_retry_after("120", kNow), seconds(120));
  EXPECT_EQ(parse_retry_after(" 0 ", kNow), seconds(0));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:40 GMT", kNow), seconds(3));
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:49:40 GMT", kNow), seconds(3));
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:49:40 1994", kNow), seconds(3));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:30 GMT", kNow), seconds(0));
  EXPECT_EQ(parse_retry_after("9999999999", kNow), seconds(86'400));
}

TEST(Retry, OtherRetryAfterValuesAreIgnored) {
  for (const char* value : {"", "soon", "-1", "1.5", "12 monkeys"})
    EXPECT_FALSE(parse_retry_after(value, 0).has_value()) << value;
}

TEST(Gzip, IsReadBackByZlib) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "span " + std::to_string(i) + ' ';
  const auto compressed = gzip(text);
  ASSERT_TRUE(compressed.has_value());
  EXPECT_LT(compressed->size(), text.size() / 2);
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string back(text.size() + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed->data()));
  stream.avail_in = static_cast<uInt>(compressed->size());
  stream.next_out = reinterpret_cast<Bytef*>(back.data());
  stream.avail_out = static_cast<uInt>(back.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  back.resize(stream.total_out);
  inflateEnd(&stream);
  EXPECT_EQ(back, text);
}

}  // namespace
}  // namespace seamtrace::collector
