#include "cli/serving.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

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
  std::vector<std::string> faults;
  auto options = front_options(Configuration::from(std::move(environment)), has_store, faults);
  if (!faults.empty()) return collector::Error{faults.front()};
  return options;
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
  for (const char* token : {"a;b", "a+b", "a%41", "a&b", "a#b", "a=b"})
    EXPECT_FALSE(front({{"SEAMTRACE_VIEWER_TOKEN", token}})) << token;
  EXPECT_TRUE(front({{"SEAMTRACE_VIEWER_TOKEN", "aZ09-._~"}}));
}

TEST(Serving, ThereIsAViewerWhereThereIsAStoreOrItIsAskedFor) {
  EXPECT_TRUE(front({})->viewer);
  EXPECT_TRUE(front({})->any_viewer_port);
  EXPECT_FALSE(front({}, false)->viewer);
  EXPECT_TRUE(front({{"SEAMTRACE_VIEWER", "[::1]:0"}}, false)->viewer);
  EXPECT_FALSE(front({{"SEAMTRACE_VIEWER", "[::1]:0"}})->any_viewer_port);
  EXPECT_FALSE(front({{"SEAMTRACE_VIEWER", "Off"}})->viewer);
}

TEST(Serving, ABadAddressOfTheViewerIsToldAndTakenForNone) {
  std::vector<std::string> faults;
  const FrontOptions options = front_options(
      Configuration::from({{"SEAMTRACE_VIEWER", "nonsense"}}), /*has_store=*/true, faults);
  ASSERT_EQ(faults.size(), 1u);
  ASSERT_TRUE(options.viewer);
  EXPECT_EQ(options.viewer->port, 4380);
  EXPECT_TRUE(options.any_viewer_port);
}

TEST(Serving, NothingIsReceivedUnlessAskedFor) {
  EXPECT_FALSE(front({})->receive_http);
  EXPECT_FALSE(front({})->receive_grpc);
  EXPECT_EQ(front({{"SEAMTRACE_RECEIVE_HTTP", "127.0.0.1:4318"}})->receive_http->port, 4318);
}

TEST(Serving, ABadVariableTakesOnlyItsOwnPartAway) {
  std::vector<std::string> faults;
  const FrontOptions options =
      front_options(Configuration::from({{"SEAMTRACE_VIEWER", "127.0.0.1:0"},
                                         {"SEAMTRACE_RECEIVE_HTTP", "4318"},
                                         {"SEAMTRACE_RECEIVE_GRPC", "127.0.0.1:4317"}}),
                    /*has_store=*/true, faults);
  EXPECT_TRUE(options.viewer);
  EXPECT_FALSE(options.receive_http);
  EXPECT_TRUE(options.receive_grpc);
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_TRUE(faults[0].starts_with("SEAMTRACE_RECEIVE_HTTP: ")) << faults[0];
}

TEST(Serving, NoViewerIsOpenedWithoutTheTokenThatWasMeant) {
  std::vector<std::string> faults;
  const FrontOptions options = front_options(
      Configuration::from({{"SEAMTRACE_VIEWER_TOKEN", "a;b"}}), /*has_store=*/true, faults);
  EXPECT_FALSE(options.viewer);
  EXPECT_EQ(faults.size(), 1u);
}

TEST(Serving, ATakenAddressTakesOnlyItsOwnPartAway) {
  char folder[] = "/tmp/seamtrace-serving-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  collector::CollectorOptions wishes;
  wishes.configuration = Configuration::from({{"SEAMTRACE_DIR", folder}});
  auto made = collector::Collector::create(std::move(wishes));
  ASSERT_TRUE(made) << made.error().message;
  const collector::ListenAddress any{"127.0.0.1", 0};
  FrontOptions options;
  options.viewer = any;
  options.receive_grpc = any;
  std::vector<std::string> faults;
  const auto first = collector::Front::start(options, made->get(), nullptr, faults);
  EXPECT_TRUE(faults.empty());
  const std::string taken = first->receive_grpc();

  const auto address = *collector::parse_listen_address(taken);
  for (const auto member :
       {&FrontOptions::viewer, &FrontOptions::receive_http, &FrontOptions::receive_grpc}) {
    FrontOptions one_taken;
    one_taken.viewer = one_taken.receive_http = one_taken.receive_grpc = any;
    one_taken.*member = address;
    faults.clear();
    const auto second = collector::Front::start(one_taken, made->get(), nullptr, faults);
    ASSERT_EQ(faults.size(), 1u);
    EXPECT_NE(faults[0].find(taken), std::string::npos) << faults[0];
    EXPECT_EQ(second->viewer_url().empty(), member == &FrontOptions::viewer);
    EXPECT_EQ(second->receive_http().empty(), member == &FrontOptions::receive_http);
    EXPECT_EQ(second->receive_grpc().empty(), member == &FrontOptions::receive_grpc);
  }
  std::filesystem::remove_all(folder);
}

TEST(Serving, TheStoreIsWhereTheUserKeepsData) {
  const auto path = [](Configuration::Environment environment) {
    const auto found = default_store_path(Configuration::from(std::move(environment)));
    return found ? *found : found.error().message;
  };
  EXPECT_EQ(path({{"SEAMTRACE_STORE", "/x.db"}, {"XDG_DATA_HOME", "/data"}}), "/x.db");
  EXPECT_EQ(path({{"XDG_DATA_HOME", "/data"}, {"HOME", "/tmp"}}), "/data/seamtrace/traces.db");
  EXPECT_EQ(path({{"HOME", "/tmp"}}), "/tmp/.local/share/seamtrace/traces.db");
  EXPECT_EQ(path({{"SEAMTRACE_STORE", "x.db"}}), std::filesystem::current_path() / "x.db");
}

TEST(Serving, WithoutAHomeTheStoreIsInAFolderThatNobodyElseCanReadOrReplace) {
  char temporary[] = "/tmp/seamtrace-location-XXXXXX";
  ASSERT_NE(::mkdtemp(temporary), nullptr);
  const auto path = [&] {
    return default_store_path(
        Configuration::from({{"HOME", "/nonexistent"}, {"TMPDIR", temporary}}));
  };
  const std::string folder = temporary + ("/seamtrace-" + std::to_string(::geteuid()));
  ASSERT_TRUE(path());
  EXPECT_EQ(*path(), folder + "/traces.db");
  EXPECT_EQ(std::filesystem::status(folder).permissions(), std::filesystem::perms::owner_all);
  ::chmod(folder.c_str(), 0777);
  ASSERT_FALSE(path());
  EXPECT_TRUE(path().error().message.starts_with(folder + ": others may write to it; name a file"))
      << path().error().message;
  std::filesystem::remove(folder);
  std::filesystem::create_directory_symlink("/tmp", folder);
  EXPECT_FALSE(path());
  std::filesystem::remove_all(temporary);
}

}  // namespace
}  // namespace seamtrace::cli
