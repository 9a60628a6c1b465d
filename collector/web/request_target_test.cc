#include "collector/web/request_target.h"

#include <gtest/gtest.h>

#include "collector/support/percent_encoding.h"

namespace seamtrace::collector {
namespace {

TEST(RequestTarget, SplitsPathAndParameters) {
  const auto target = parse_request_target("/api/v1/traces?query=a%3Db+c&limit=5&limit=6&flag&=x");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/api/v1/traces");
  EXPECT_EQ(target->parameters,
            (std::map<std::string, std::string>{{"query", "a=b c"}, {"limit", "6"}, {"flag", ""}}));
}

TEST(RequestTarget, KeepsAPlusInThePath) { EXPECT_EQ(parse_request_target("/a+b")->path, "/a+b"); }

TEST(RequestTarget, RefusesWhatIsMalformedOrLeadsUpwards) {
  for (const char* target : {"", "api", "http://host/", "/%", "/%4", "/%zz", "/a?b=%", "/..",
                             "/a/../b", "/%2e%2e/b", "/a%00b"})
    EXPECT_FALSE(parse_request_target(target)) << target;
}

TEST(RequestTarget, EncodingAndDecodingAreInverse) {
  std::string all;
  for (int i = 1; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(percent_decode(percent_encode(all), true), all);
}

}  // namespace
}  // namespace seamtrace::collector
