#include "collector/export/text.h"

#include <gtest/gtest.h>

#include "collector/export/json_writer.h"

namespace seamtrace::collector {
namespace {

std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text);
  return out;
}

std::string json_string(std::string_view text) {
  std::string out;
  JsonWriter(out).string(text);
  return out;
}

TEST(Text, TerminalSequencesBecomeVisible) {
  EXPECT_EQ(printable("\x1b[2J\x07"), "\\x1b[2J\\x07");
  EXPECT_EQ(printable("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(printable(std::string_view("\0\x7f", 2)), "\\x00\\x7f");
}

TEST(Text, C1ControlsAndDirectionMarksBecomeVisible) {
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\u{9b}31m");
  EXPECT_EQ(printable("\xE2\x80\xAEtxt"), "\\u{202e}txt");
}

TEST(Text, MalformedBytesAreShownAndOthersKept) {
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\xC3"), "\\xc3");
  EXPECT_EQ(printable("grün €"), "grün €");
}

TEST(Text, Utf8IsBorrowedAndTheRestReplaced) {
  std::string storage;
  const std::string_view good = "grün";
  EXPECT_EQ(as_utf8(good, storage).data(), good.data());
  EXPECT_EQ(as_utf8("a\xffz", storage), "a\xEF\xBF\xBDz");
}

TEST(Text, TimesAreIsoWithNanoseconds) {
  EXPECT_EQ(to_iso_time(1'700'000'000'000'000'007), "2023-11-14T22:13:20.000000007Z");
  EXPECT_EQ(to_iso_time(0), "1970-01-01T00:00:00.000000000Z");
}

TEST(Text, DurationsHaveThreeDigits) {
  EXPECT_EQ(to_duration(0), "0 ns");
  EXPECT_EQ(to_duration(831), "831 ns");
  EXPECT_EQ(to_duration(1'500), "1.50 us");
  EXPECT_EQ(to_duration(12'400'000), "12.4 ms");
  EXPECT_EQ(to_duration(999'999), "1.00 ms");
  EXPECT_EQ(to_duration(412'000'000), "412 ms");
  EXPECT_EQ(to_duration(3'020'000'000), "3.02 s");
  EXPECT_EQ(to_duration(7'200'000'000'000), "7200 s");
}

TEST(JsonWriter, EscapesWhatJsonAndTerminalsCannotTake) {
  EXPECT_EQ(json_string("a\"b\\c\n"), "\"a\\\"b\\\\c\\n\"");
  EXPECT_EQ(json_string("\x1b["), "\"\\u001b[\"");
  EXPECT_EQ(json_string("\xC2\x9B"), "\"\\u009b\"");
  EXPECT_EQ(json_string("\xC2\xA0ü"), "\"\xC2\xA0ü\"");
  EXPECT_EQ(json_string("\xff"), "\"\xEF\xBF\xBD\"");
}

TEST(JsonWriter, SeparatesMembersAndElements) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("list");
  json.begin_array();
  json.number(int64_t{-1});
  json.number(0.5);
  json.begin_object();
  json.end_object();
  json.end_array();
  json.key("none");
  json.null();
  json.key("big");
  json.integer_string(UINT64_MAX);
  json.key("nan");
  json.number(std::numeric_limits<double>::quiet_NaN());
  json.end_object();
  EXPECT_EQ(out, R"({"list":[-1,0.5,{}],"none":null,"big":"18446744073709551615","nan":"NaN"})");
}

}  // namespace
}  // namespace seamtrace::collector
