#include "collector/support/configuration.h"

#include "gtest/gtest.h"

namespace seamtrace::collector {
namespace {

Configuration with(std::string name, std::string value) {
  return Configuration::from({{std::move(name), std::move(value)}});
}

TEST(Configuration, GivesDefaultsWhenNothingIsSet) {
  const Configuration configuration = Configuration::from({});
  EXPECT_TRUE(configuration.boolean("OTEL_ENABLED"));
  EXPECT_FALSE(configuration.boolean("OTEL_SDK_DISABLED"));
  EXPECT_EQ(configuration.number("OTEL_BSP_MAX_QUEUE_SIZE"), 2048u);
  EXPECT_EQ(configuration.number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"), std::nullopt);
  EXPECT_EQ(configuration.text("OTEL_EXPORTER_OTLP_ENDPOINT"), "http://localhost:4318");
  EXPECT_FALSE(configuration.is_set("OTEL_EXPORTER_OTLP_ENDPOINT"));
  EXPECT_DOUBLE_EQ(configuration.ratio("OTEL_TRACES_SAMPLER_ARG"), 1.0);
  EXPECT_TRUE(configuration.warnings().empty());
}

TEST(Configuration, AnEmptyValueMeansUnset) {
  const Configuration configuration = with("OTEL_EXPORTER_OTLP_ENDPOINT", "");
  EXPECT_FALSE(configuration.is_set("OTEL_EXPORTER_OTLP_ENDPOINT"));
  EXPECT_EQ(configuration.text("OTEL_EXPORTER_OTLP_ENDPOINT"), "http://localhost:4318");
}

TEST(Configuration, AnOddBooleanIsFalseWithAWarning) {
  const Configuration configuration = with("OTEL_ENABLED", "yes");
  EXPECT_FALSE(configuration.boolean("OTEL_ENABLED"));
  ASSERT_EQ(configuration.warnings().size(), 1u);
  EXPECT_EQ(configuration.warnings()[0],
            "OTEL_ENABLED: \"yes\" is not true or false; taken as false");
  EXPECT_TRUE(with("OTEL_SDK_DISABLED", "TRUE").boolean("OTEL_SDK_DISABLED"));
  EXPECT_TRUE(with("OTEL_SDK_DISABLED", "False").warnings().empty());
}

TEST(Configuration, ABadNumberCountsAsUnset) {
  for (const char* value : {"abc", "-5", "0", "1.5", "99999999999999999999", "12abc"}) {
    const Configuration configuration = with("OTEL_BSP_MAX_QUEUE_SIZE", value);
    EXPECT_EQ(configuration.number("OTEL_BSP_MAX_QUEUE_SIZE"), 2048u) << value;
    EXPECT_FALSE(configuration.is_set("OTEL_BSP_MAX_QUEUE_SIZE"));
    ASSERT_EQ(configuration.warnings().size(), 1u) << value;
    EXPECT_EQ(configuration.warnings()[0], "OTEL_BSP_MAX_QUEUE_SIZE: \"" + std::string(value) +
                                               "\" is not a number from 1 to 2147483647; ignored, "
                                               "using 2048");
  }
}

TEST(Configuration, AnUnknownChoiceIsShownAndIgnored) {
  const Configuration configuration = with("OTEL_EXPORTER_OTLP_PROTOCOL", "carrier-pigeon");
  EXPECT_EQ(configuration.text("OTEL_EXPORTER_OTLP_PROTOCOL"), "http/protobuf");
  ASSERT_EQ(configuration.warnings().size(), 1u);
  EXPECT_NE(configuration.warnings()[0].find("carrier-pigeon"), std::string::npos);
  EXPECT_EQ(with("OTEL_EXPORTER_OTLP_PROTOCOL", "HTTP/JSON").text("OTEL_EXPORTER_OTLP_PROTOCOL"),
            "http/json");
}

TEST(Configuration, UnknownItemsLeaveTheirListAndTheRestStays) {
  const Configuration some = with("OTEL_TRACES_EXPORTER", "Console, zipkin,console,");
  EXPECT_EQ(some.list("OTEL_TRACES_EXPORTER"), (std::vector<std::string>{"console"}));
  EXPECT_EQ(some.warnings().size(), 1u);
  const Configuration none = with("OTEL_TRACES_EXPORTER", "zipkin");
  EXPECT_FALSE(none.is_set("OTEL_TRACES_EXPORTER"));
  ASSERT_EQ(none.warnings().size(), 1u);
  EXPECT_EQ(none.warnings()[0],
            "OTEL_TRACES_EXPORTER: \"zipkin\" is not one of otlp, store, console, none; ignored");
}

TEST(Configuration, NamesKeepTheirCaseAndOrder) {
  EXPECT_EQ(with("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "GET, get ,,PURGE")
                .list("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"),
            (std::vector<std::string>{"GET", "get", "PURGE"}));
}

TEST(Configuration, PairsArePercentDecoded) {
  const auto pairs = with("OTEL_RESOURCE_ATTRIBUTES", "a=1 , b.c=x%20y%2C%3d,k=a==")
                         .pairs("OTEL_RESOURCE_ATTRIBUTES");
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs[0], (std::pair<std::string, std::string>("a", "1")));
  EXPECT_EQ(pairs[1], (std::pair<std::string, std::string>("b.c", "x y,=")));
  EXPECT_EQ(pairs[2], (std::pair<std::string, std::string>("k", "a==")));
}

TEST(Configuration, OneBadPairDiscardsTheWholeValue) {
  for (const char* value :
       {"a=1,b", "=1", "a=%2", "a=%zz", "a=1,b=%ff", "a=1,b=%0d%0aX: y", "a=1,b=\x01"}) {
    const Configuration configuration = with("OTEL_RESOURCE_ATTRIBUTES", value);
    EXPECT_TRUE(configuration.pairs("OTEL_RESOURCE_ATTRIBUTES").empty()) << value;
    EXPECT_EQ(configuration.warnings().size(), 1u) << value;
  }
}

TEST(Configuration, AWarningNeverRepeatsASecret) {
  const Configuration configuration =
      with("OTEL_EXPORTER_OTLP_HEADERS", "authorization=hunter2,broken");
  ASSERT_EQ(configuration.warnings().size(), 1u);
  EXPECT_EQ(configuration.warnings()[0].find("hunter2"), std::string::npos);
}

TEST(Configuration, TheBatchIsAtMostTheQueue) {
  const Configuration configuration = Configuration::from(
      {{"OTEL_BSP_MAX_QUEUE_SIZE", "100"}, {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "200"}});
  EXPECT_EQ(configuration.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"), 100u);
  EXPECT_EQ(configuration.warnings().size(), 1u);
  EXPECT_EQ(with("OTEL_BSP_MAX_QUEUE_SIZE", "10").number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"), 10u);
}

TEST(Configuration, APerSignalValueWins) {
  const Configuration configuration =
      Configuration::from({{"OTEL_EXPORTER_OTLP_TIMEOUT", "7"},
                           {"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "9"},
                           {"OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"}});
  const auto name =
      configuration.first_set({"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"});
  EXPECT_EQ(configuration.number(name), 9u);
  EXPECT_EQ(configuration.text(configuration.first_set(
                {"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"})),
            "gzip");
}

TEST(Configuration, ReadsTheCLibrarysForm) {
  const char* const environment[] = {"OTEL_SERVICE_NAME=shop",   "nonsense",   "=x",
                                     "OTEL_SERVICE_NAME=second", "HOME=/root", nullptr};
  const Configuration configuration = Configuration::from_environment(environment);
  EXPECT_EQ(configuration.text("OTEL_SERVICE_NAME"), "shop");
  EXPECT_EQ(configuration.raw("HOME"), "/root");
}

TEST(Configuration, MessagesStayOnOneReadableLine) {
  const Configuration configuration =
      with("OTEL_TRACES_SAMPLER", "a\nb\xFF" + std::string(500, 'x'));
  ASSERT_EQ(configuration.warnings().size(), 1u);
  EXPECT_EQ(configuration.warnings()[0].find('\n'), std::string::npos);
  EXPECT_LT(configuration.warnings()[0].size(), 400u);
}

}  // namespace
}  // namespace seamtrace::collector
