#include "cli/serving.h"

#include <gtest/gtest.h>

#include "cli/store_location.h"

namespace seamtrace::cli {
namespace {

using collector::Configuration;
using collector::FrontOptions;

Configuration::Environment environment_of(const ServingOptions& options,
                                          Configuration::Environment environment = {}) {
  EXPECT_FALSE(apply_serving(options, environment));
  return environment;
}

collector::Result<FrontOptions> front(Configuration::Environment environment,
                                      bool has_store = true) {
  return front_options(Configuration::from(std::move(environment)), has_store);
}

TEST(Serving, OptionsBeatVariables) {
  const auto environment =
      environment_of({"/a.db", "4381", true},
                     {{"SEAMTRACE_STORE", "/b.db"}, {"SEAMTRACE_RECEIVE_HTTP", "0.0.0.0:1"}});
  EXPECT_EQ(environment.at("SEAMTRACE_STORE"), "/a.db");
  EXPECT_EQ(environment.at("SEAMTRACE_VIEWER"), "127.0.0.1:4381");
  EXPECT_EQ(environment.at("SEAMTRACE_RECEIVE_GRPC"), "127.0.0.1:4317");
  EXPECT_EQ(environment.at("SEAMTRACE_RECEIVE_HTTP"), "0.0.0.0:1");  // --receive names no address
}

TEST(Serving, ABadAddressIsAnError) {
  Configuration::Environment environment;
  const auto error = apply_serving({"", "example.com:80", false}, environment);
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->message.starts_with("--listen: 'example.com:80' is not")) << error->message;
  EXPECT_FALSE(front({{"SEAMTRACE_VIEWER", "nowhere"}}));
  EXPECT_FALSE(front({{"SEAMTRACE_RECEIVE_GRPC", "4317"}}));
  EXPECT_FALSE(front({{"SEAMTRACE_VIEWER_TOKEN", "a;b"}}));
}

TEST(Serving, ThereIsAViewerWhereThereIsAStoreOrItIsAskedFor) {
  EXPECT_TRUE(front({})->viewer);
  EXPECT_TRUE(front({})->any_viewer_port);
  EXPECT_FALSE(front({}, false)->viewer);
  EXPECT_TRUE(front({{"SEAMTRACE_VIEWER", "[::1]:0"}}, false)->viewer);
  EXPECT_FALSE(front({{"SEAMTRACE_VIEWER", "[::1]:0"}})->any_viewer_port);
  EXPECT_FALSE(front({{"SEAMTRACE_VIEWER", "off"}})->viewer);
}

TEST(Serving, NothingIsReceivedUnlessAskedFor) {
  EXPECT_FALSE(front({})->receive_http);
  EXPECT_FALSE(front({})->receive_grpc);
  EXPECT_EQ(front({{"SEAMTRACE_RECEIVE_HTTP", "127.0.0.1:4318"}})->receive_http->port, 4318);
}

TEST(Serving, TheStoreIsWhereTheUserKeepsData) {
  const auto path = [](Configuration::Environment environment) {
    return default_store_path(Configuration::from(std::move(environment)));
  };
  EXPECT_EQ(path({{"SEAMTRACE_STORE", "/x.db"}, {"XDG_DATA_HOME", "/data"}}), "/x.db");
  EXPECT_EQ(path({{"XDG_DATA_HOME", "/data"}, {"HOME", "/tmp"}}), "/data/seamtrace/traces.db");
  EXPECT_EQ(path({{"HOME", "/tmp"}}), "/tmp/.local/share/seamtrace/traces.db");
  EXPECT_TRUE(path({{"HOME", "/nonexistent"}}).starts_with("/tmp/seamtrace-"));
}

}  // namespace
}  // namespace seamtrace::cli
