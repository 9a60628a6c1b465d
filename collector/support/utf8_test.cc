#include "collector/support/utf8.h"

#include "gtest/gtest.h"

namespace seamtrace::collector {
namespace {

TEST(Utf8, KeepsValidTextAsItIs) {
  for (const char* text : {"", "plain ascii that is longer than eight", "gr\xC3\xBC\xC3\x9F",
                           "\xE2\x82\xAC", "\xF0\x9F\x98\x80!", "\xED\x9F\xBF", "\xEE\x80\x80"}) {
    EXPECT_TRUE(is_valid_utf8(text)) << text;
    EXPECT_EQ(valid_utf8(text), text);
  }
}

TEST(Utf8, ReplacesEachMaximalMalformedPart) {
  EXPECT_EQ(valid_utf8("a\xFF"
                       "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(valid_utf8("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  EXPECT_EQ(valid_utf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // surrogate
  EXPECT_EQ(valid_utf8("\xF0\x9F\x98"), "\xEF\xBF\xBD");                          // cut at the end
  EXPECT_EQ(valid_utf8("\xE2\x82"
                       "x"),
            "\xEF\xBF\xBD"
            "x");
  EXPECT_EQ(valid_utf8("\xF5\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Utf8, EveryPairAndTripleOfBytesBecomesValid) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const char bytes[] = {static_cast<char>(a), static_cast<char>(b), '\x80'};
      const std::string_view text(bytes, 3);
      const std::string fixed = valid_utf8(text);
      ASSERT_TRUE(is_valid_utf8(fixed)) << a << " " << b;
      ASSERT_EQ(fixed.size(), valid_utf8_size(text));
      ASSERT_EQ(fixed == text, is_valid_utf8(text));
    }
  }
}

TEST(Utf8, TruncatesBytesAtACharacterBoundary) {
  const std::string_view text =
      "a\xE2\x82\xAC"
      "b";
  EXPECT_EQ(truncate_utf8_bytes(text, 5), text);
  EXPECT_EQ(truncate_utf8_bytes(text, 4), "a\xE2\x82\xAC");
  EXPECT_EQ(truncate_utf8_bytes(text, 3), "a");
  EXPECT_EQ(truncate_utf8_bytes(text, 2), "a");
  EXPECT_EQ(truncate_utf8_bytes(text, 0), "");
}

TEST(Utf8, TruncatesCharactersNotBytes) {
  const std::string_view text = "\xC3\xBC\xC3\xBC\xC3\xBC";
  EXPECT_EQ(truncate_utf8_characters(text, 3), text);
  EXPECT_EQ(truncate_utf8_characters(text, 2), "\xC3\xBC\xC3\xBC");
  EXPECT_EQ(truncate_utf8_characters(text, 0), "");
}

}  // namespace
}  // namespace seamtrace::collector
