#include "cli/terminal/text_width.h"

#include <gtest/gtest.h>

#include "cli/terminal/style.h"

namespace seamtrace::cli {
namespace {

TEST(TextWidth, WideCharactersTakeTwoColumnsAndMarksNone) {
  EXPECT_EQ(text_width("abc"), 3u);
  EXPECT_EQ(text_width("caf\u00e9"), 4u);
  EXPECT_EQ(text_width("\u65e5\u672c"), 4u);
  EXPECT_EQ(text_width("e\u0301"), 1u);
  EXPECT_EQ(text_width("\U0001F600"), 2u);
  EXPECT_EQ(text_width("\xff\xc3"), 2u);
}

TEST(TextWidth, TextsAreCutWhereTheyFit) {
  EXPECT_EQ(cut_to("abcdef", 6, ".."), "abcdef");
  EXPECT_EQ(cut_to("abcdef", 5, ".."), "abc..");
  EXPECT_EQ(cut_to("\u65e5\u672c\u8a9e", 5, "\u2026"), "\u65e5\u672c\u2026");
  EXPECT_EQ(cut_to("\u65e5\u672c\u8a9e", 4, "\u2026"), "\u65e5\u2026");
  EXPECT_EQ(cut_to("abc", 1, ".."), "");
  EXPECT_EQ(padded("\u65e5", 4), "\u65e5  ");
  EXPECT_EQ(padded("7", 3, true), "  7");
}

TEST(Style, TheFirstVariableThatIsNotEmptyNamesTheLocale) {
  EXPECT_TRUE(locale_is_utf8(nullptr, nullptr, "en_US.UTF-8"));
  EXPECT_TRUE(locale_is_utf8("", "C.utf8", "C"));
  EXPECT_FALSE(locale_is_utf8("C", "C.UTF-8", "C.UTF-8"));
  EXPECT_FALSE(locale_is_utf8(nullptr, nullptr, nullptr));
}

}  // namespace
}  // namespace seamtrace::cli
