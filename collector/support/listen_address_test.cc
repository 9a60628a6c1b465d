#include "collector/support/listen_address.h"

#include <gtest/gtest.h>

namespace seamtrace::collector {
namespace {

TEST(ListenAddress, UnderstandsBothFamilies) {
  for (const char* text : {"127.0.0.1:4380", "0.0.0.0:0", "[::1]:65535", "[::]:1"}) {
    const auto address = parse_listen_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), text);
  }
  EXPECT_EQ(parse_listen_address("localhost:80")->text(), "127.0.0.1:80");
}

TEST(ListenAddress, RefusesEverythingElse) {
  for (const char* text :
       {"", "4380", "127.0.0.1", ":4380", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:80x", "::1:80", "[127.0.0.1]:80", "example.com:80", "[::1:80", "127.0.0.1:+80"})
    EXPECT_FALSE(parse_listen_address(text)) << text;
}

}  // namespace
}  // namespace seamtrace::collector
