#include "collector/support/log.h"

#include <algorithm>
#include <string>

#include "gtest/gtest.h"

namespace seamtrace::collector {
namespace {

TEST(Log, SaysOneLineAPieceAndCutsAFlood) {
  ::testing::internal::CaptureStderr();
  log(LogLevel::kInfo, "not shown");
  log(LogLevel::kWarning, "two\nlines\x1b[31m");
  for (int i = 0; i < 1000; ++i) log(LogLevel::kError, "flood");
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("not shown"), std::string::npos);
  EXPECT_TRUE(text.starts_with("seamtrace: warning: two lines [31m\nseamtrace: flood\n")) << text;
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 100);
}

}  // namespace
}  // namespace seamtrace::collector
