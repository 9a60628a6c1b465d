#include "seamtrace/seamtrace.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace seamtrace {
namespace {

TEST(PublicHeader, EverythingIsOffWithoutTheAgent) {
  EXPECT_FALSE(bootstrap_telemetry());
  EXPECT_FALSE(bootstrap_telemetry());
  EXPECT_FALSE(is_telemetry_enabled());
  const TelemetryStatus status = get_telemetry_status();
  EXPECT_FALSE(status.enabled);
  EXPECT_FALSE(status.collector_reachable);
  EXPECT_TRUE(status.counters.empty());
}

TEST(PublicHeader, StatusIsJson) {
  TelemetryStatus status;
  status.enabled = true;
  status.service = "a\"b\\c\n";
  status.sampler = "always_on";
  status.instrumentations = {"http"};
  status.exporters = {"otlp", "console"};
  status.counters = {{"connections", 2}, {"server_requests", UINT64_MAX}};
  const auto json = nlohmann::json::parse(status.to_json());
  EXPECT_EQ(json["enabled"], true);
  EXPECT_EQ(json["collector_reachable"], false);
  EXPECT_EQ(json["service"], status.service);
  EXPECT_EQ(json["exporters"][1], "console");
  EXPECT_EQ(json["counters"]["server_requests"], UINT64_MAX);
  EXPECT_EQ(nlohmann::json::parse(TelemetryStatus{}.to_json())["counters"],
            nlohmann::json::object());
}

TEST(PublicHeader, ListsAreSplitAtCommas) {
  EXPECT_EQ(internal::split("http,,grpc"), (std::vector<std::string>{"http", "grpc"}));
  EXPECT_TRUE(internal::split("").empty());
}

TEST(PublicHeader, FieldsWithoutTheirNulAreBounded) {
  const char field[4] = {'a', 'b', 'c', 'd'};
  EXPECT_EQ(internal::text(field), "abcd");
}

}  // namespace
}  // namespace seamtrace
