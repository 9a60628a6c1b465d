#include "wire/configuration.h"

#include <set>
#include <string>

#include "gtest/gtest.h"
#include "wire/segment.h"

namespace seamtrace::wire {
namespace {

TEST(ConfigurationTable, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const Option& option : kOptions)
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
}

TEST(ConfigurationTable, EveryOptionExplainsItselfAndHasAGroup) {
  for (const Option& option : kOptions) {
    EXPECT_FALSE(option.help.empty()) << option.name;
    EXPECT_FALSE(option.group.empty()) << option.name;
  }
}

TEST(ConfigurationTable, DefaultsObeyTheirOwnKind) {
  for (const Option& option : kOptions) {
    if (option.default_text.empty()) continue;
    switch (option.kind) {
      case OptionKind::boolean:
        EXPECT_TRUE(option.default_text == "true" || option.default_text == "false");
        break;
      case OptionKind::integer:
      case OptionKind::duration: {
        const size_t space = option.values.find(' ');
        ASSERT_NE(space, std::string_view::npos) << option.name;
        const auto least = parse_integer(option.values.substr(0, space), 0, UINT64_MAX);
        const auto greatest = parse_integer(option.values.substr(space + 1), 0, UINT64_MAX);
        ASSERT_TRUE(least.valid && greatest.valid) << option.name;
        EXPECT_TRUE(parse_integer(option.default_text, least.value, greatest.value).valid)
            << option.name;
        break;
      }
      case OptionKind::ratio:
        EXPECT_TRUE(parse_ratio(option.default_text).valid) << option.name;
        break;
      case OptionKind::choice:
        EXPECT_TRUE(parse_choice(option.default_text, option.values).valid) << option.name;
        break;
      case OptionKind::choices: {
        std::string_view rest = option.default_text;
        while (rest.data() != nullptr)
          EXPECT_TRUE(parse_choice(next_item(rest), option.values).valid) << option.name;
        break;
      }
      default:
        break;
    }
  }
}

TEST(ConfigurationTable, SamplerNamesStandInTheOrderOfTheEnumeration) {
  for (const Option& option : kOptions) {
    if (option.name != "OTEL_TRACES_SAMPLER") continue;
    const auto at = [&](std::string_view text) {
      return static_cast<Sampler>(parse_choice(text, option.values).value);
    };
    EXPECT_EQ(at("always_on"), Sampler::kAlwaysOn);
    EXPECT_EQ(at("always_off"), Sampler::kAlwaysOff);
    EXPECT_EQ(at("traceidratio"), Sampler::kTraceIdRatio);
    EXPECT_EQ(at("parentbased_always_on"), Sampler::kParentBasedAlwaysOn);
    EXPECT_EQ(at("parentbased_always_off"), Sampler::kParentBasedAlwaysOff);
    EXPECT_EQ(at("PARENTBASED_traceidratio"), Sampler::kParentBasedTraceIdRatio);
  }
}

TEST(ParseBoolean, OnlyTrueInAnyCaseIsTrue) {
  EXPECT_TRUE(parse_boolean("true", false));
  EXPECT_TRUE(parse_boolean("TrUe", false));
  EXPECT_FALSE(parse_boolean("1", true));
  EXPECT_FALSE(parse_boolean("yes", true));
  EXPECT_FALSE(parse_boolean("false", true));
}

TEST(ParseBoolean, EmptyMeansUnset) {
  EXPECT_TRUE(parse_boolean("", true));
  EXPECT_FALSE(parse_boolean("", false));
}

TEST(ParseInteger, TakesDigitsWithinTheRangeOnly) {
  EXPECT_EQ(parse_integer("10000", 0, 1u << 31).value, 10000u);
  EXPECT_TRUE(parse_integer("0", 0, 5).valid);
  for (const char* text :
       {"", "-1", "+1", " 1", "1 ", "1.0", "0x10", "1e3", "99999999999999999999"})
    EXPECT_FALSE(parse_integer(text, 0, UINT64_MAX).valid) << text;
  EXPECT_FALSE(parse_integer("6", 0, 5).valid);
  EXPECT_FALSE(parse_integer("0", 1, 5).valid);
}

TEST(ParseRatio, TakesFractionsBetweenZeroAndOne) {
  EXPECT_DOUBLE_EQ(parse_ratio("0.25").value, 0.25);
  EXPECT_DOUBLE_EQ(parse_ratio(".5").value, 0.5);
  EXPECT_DOUBLE_EQ(parse_ratio("1").value, 1.0);
  EXPECT_DOUBLE_EQ(parse_ratio("1e-3").value, 0.001);
  for (const char* text : {"", ".", "-0.1", "1.01", "nan", "inf", "0.5x", "1e", "2", "0,5"})
    EXPECT_FALSE(parse_ratio(text).valid) << text;
}

TEST(ParseChoice, GivesThePositionInAnyCase) {
  EXPECT_EQ(parse_choice("GZIP", "none gzip").value, 1u);
  EXPECT_TRUE(parse_choice("GZIP", "none gzip").valid);
  EXPECT_FALSE(parse_choice("gz", "none gzip").valid);
  EXPECT_FALSE(parse_choice("none gzip", "none gzip").valid);
}

TEST(NextItem, TrimsAndKeepsEmptyItems) {
  std::string_view rest = " a ,,b\t";
  EXPECT_EQ(next_item(rest), "a");
  EXPECT_EQ(next_item(rest), "");
  EXPECT_EQ(next_item(rest), "b");
  EXPECT_EQ(rest.data(), nullptr);
}

TEST(RejectionThreshold, CoversTheWholeRange) {
  EXPECT_EQ(rejection_threshold(1.0), 0u);
  EXPECT_EQ(rejection_threshold(0.0), kRejectAll);
  EXPECT_EQ(rejection_threshold(0.5), kRejectAll / 2);
}

}  // namespace
}  // namespace seamtrace::wire
