#include "collector/query/language/parser.h"

#include <gtest/gtest.h>

namespace seamtrace::collector {
namespace {

Query parsed(std::string_view text) {
  auto result = parse_query(text);
  if (const auto* error = std::get_if<SyntaxError>(&result)) {
    ADD_FAILURE() << text << ": " << error->message;
    return {};
  }
  return std::move(std::get<Query>(result));
}

Condition only_condition(std::string_view text) {
  const Query query = parsed(text);
  if (query.conditions.size() == 1) return query.conditions.front();
  ADD_FAILURE() << text << " has " << query.conditions.size() << " conditions";
  return {};
}

/// The part of `text` that the error points at.
std::string faulty_part(std::string_view text) {
  const auto result = parse_query(text);
  const auto* error = std::get_if<SyntaxError>(&result);
  if (error == nullptr) return "(no error)";
  EXPECT_LE(error->position + error->length, text.size());
  EXPECT_FALSE(error->message.empty());
  return std::string(text.substr(error->position, error->length));
}

TEST(ParserTest, WordsAreSeparatedBySpacesOutsideOfQuotes) {
  EXPECT_EQ(parsed("").conditions.size(), 0u);
  EXPECT_EQ(parsed("   ").conditions.size(), 0u);
  EXPECT_EQ(parsed(" timeout \t \"connection reset\" service=web\n").conditions.size(), 3u);
}

TEST(ParserTest, TheLanguagesOwnWordsAreKnownInEitherCase) {
  EXPECT_EQ(only_condition("service=a").field, Field::kService);
  EXPECT_EQ(only_condition("Service=a").field, Field::kService);
  EXPECT_EQ(only_condition("operation=a").field, Field::kName);
  EXPECT_EQ(only_condition("name=a").field, Field::kName);
  EXPECT_EQ(only_condition("peer=a").field, Field::kPeer);
  EXPECT_EQ(only_condition("peer.id=a").field, Field::kPeerId);
  EXPECT_EQ(only_condition("root.name=a").field, Field::kRootName);
  EXPECT_EQ(only_condition("trace=ABCDEF01").field, Field::kTraceId);
  EXPECT_EQ(only_condition("http.route=a").field, Field::kAttribute);
  EXPECT_EQ(only_condition("timeout").field, Field::kText);
}

TEST(ParserTest, AQuotedNameIsAnAttribute) {
  const Condition condition = only_condition("\"service\"=a");
  EXPECT_EQ(condition.field, Field::kAttribute);
  EXPECT_EQ(condition.key, "service");
  EXPECT_EQ(only_condition("\"my key\"=a").key, "my key");
  EXPECT_EQ(only_condition("\"trace.color\"=red").key, "trace.color");
}

TEST(ParserTest, EveryOperatorIsUnderstood) {
  const auto comparison = [](std::string_view text) { return only_condition(text).comparison; };
  EXPECT_EQ(comparison("a=1"), Comparison::kEqual);
  EXPECT_EQ(comparison("a!=1"), Comparison::kEqual);
  EXPECT_EQ(comparison("a<1"), Comparison::kLess);
  EXPECT_EQ(comparison("a<=1"), Comparison::kLessEqual);
  EXPECT_EQ(comparison("a>1"), Comparison::kGreater);
  EXPECT_EQ(comparison("a>=1"), Comparison::kGreaterEqual);
  EXPECT_EQ(comparison("a~1"), Comparison::kContains);
  EXPECT_EQ(comparison("a!~1"), Comparison::kContains);
  EXPECT_TRUE(only_condition("a!=1").unlike);
  EXPECT_TRUE(only_condition("a!~1").unlike);
  EXPECT_FALSE(only_condition("a=1").unlike);
}

TEST(ParserTest, AMinusSignNegatesAWord) {
  EXPECT_TRUE(only_condition("-service=a").negated);
  EXPECT_TRUE(only_condition("-timeout").negated);
  EXPECT_TRUE(only_condition("-\"connection reset\"").negated);
  EXPECT_FALSE(only_condition("a=-1").negated);
  EXPECT_EQ(only_condition("a=-1").number->integer, -1);
}

TEST(ParserTest, DurationsHaveUnitsAndMillisecondsByDefault) {
  const auto nanoseconds = [](std::string_view text) { return only_condition(text).number->real; };
  EXPECT_EQ(nanoseconds("duration>200"), 200e6);
  EXPECT_EQ(nanoseconds("duration>200ms"), 200e6);
  EXPECT_EQ(nanoseconds("duration>1.5s"), 1.5e9);
  EXPECT_EQ(nanoseconds("duration>7ns"), 7);
  EXPECT_EQ(nanoseconds("duration>7us"), 7e3);
  EXPECT_EQ(nanoseconds("duration>2m"), 120e9);
  EXPECT_EQ(nanoseconds("trace.duration<1h"), 3600e9);
}

TEST(ParserTest, AValueInQuotesIsTextAndNoNumber) {
  EXPECT_TRUE(only_condition("a=500").number);
  EXPECT_FALSE(only_condition("a=\"500\"").number);
  EXPECT_EQ(only_condition("a=\"x \\\"y\\\" \\\\ z\"").text, "x \"y\" \\ z");
}

TEST(ParserTest, AStarMakesAPatternUnlessABackslashStandsBefore) {
  EXPECT_TRUE(only_condition("a=GET*").pattern.has_star());
  EXPECT_TRUE(only_condition("a=\"GET *\"").pattern.has_star());
  EXPECT_FALSE(only_condition("a=GET\\*").pattern.has_star());
  EXPECT_EQ(only_condition("a=GET\\*").pattern.text(), "get*");
}

TEST(ParserTest, ErrorsPointAtWhatIsWrong) {
  EXPECT_EQ(faulty_part("a=1 duration>fast b=2"), "fast");
  EXPECT_EQ(faulty_part("duration~5"), "~");
  EXPECT_EQ(faulty_part("kind=boss"), "boss");
  EXPECT_EQ(faulty_part("kind>client"), ">");
  EXPECT_EQ(faulty_part("status=500"), "500");
  EXPECT_EQ(faulty_part("service>a"), ">");
  EXPECT_EQ(faulty_part("trace.colour=red"), "trace.colour");
  EXPECT_EQ(faulty_part("trace.spans>many"), "many");
  EXPECT_EQ(faulty_part("trace=xyz"), "xyz");
  EXPECT_EQ(faulty_part("trace=1234567"), "1234567");
  EXPECT_EQ(faulty_part("a=b \"open end"), "\"open end");
  EXPECT_EQ(faulty_part("a=\"x\"y b"), "y");
  EXPECT_EQ(faulty_part("=500"), "=");
  EXPECT_EQ(faulty_part("duration > 200ms"), ">");
  EXPECT_EQ(faulty_part("a== b"), "==");
  EXPECT_EQ(faulty_part("service="), "=");
  EXPECT_EQ(faulty_part("a - b"), "-");
}

TEST(ParserTest, AnEmptyValueIsWrittenWithQuotes) {
  EXPECT_EQ(only_condition("a=\"\"").pattern.text(), "");
}

TEST(ParserTest, TooManyWordsAreRefused) {
  std::string text;
  for (size_t i = 0; i < kMostConditions; ++i) text += "a ";
  EXPECT_EQ(parsed(text).conditions.size(), kMostConditions);
  EXPECT_EQ(faulty_part(text + "last words"), "last words");
}

TEST(LexerTest, AQuotedValueIsReadAsItWasMeant) {
  for (const std::string text : {"plain", "two words", "with \"quotes\"", "back\\slash", "star*",
                                 "\\*", "a=b", "", " ", "-x", "tab\tnewline\n", "\xC3\xBC"}) {
    const Condition condition = only_condition("a=" + quote_value(text));
    EXPECT_FALSE(condition.pattern.has_star()) << text;
    EXPECT_TRUE(condition.pattern.matches(text)) << text;
  }
}

TEST(NumberTest, OnlyWholeTextsAreNumbers) {
  EXPECT_EQ(parse_number("500")->integer, 500);
  EXPECT_EQ(parse_number("-1.5")->real, -1.5);
  EXPECT_EQ(parse_number("1e3")->real, 1000);
  EXPECT_EQ(parse_number("9223372036854775807")->integer, INT64_MAX);
  for (const char* text : {"", "-", "5x", "x5", "inf", "nan", "-inf", "+5", "0x10", "1 "})
    EXPECT_FALSE(parse_number(text)) << text;
  EXPECT_FALSE(parse_plain_number("1e3"));
  EXPECT_TRUE(parse_plain_number("1.5"));
}

}  // namespace
}  // namespace seamtrace::collector
