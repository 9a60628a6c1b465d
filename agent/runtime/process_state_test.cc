// Settings from the environment, random numbers, and who notices a fork.
#include "agent/runtime/process_state.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "agent/codecs/propagation/propagation.h"
#include "agent/runtime/platform.h"
#include "wire/configuration.h"

namespace seamtrace::agent {
namespace {

constexpr const char* kVariables[] = {
    "OTEL_ENABLED",
    "OTEL_SDK_DISABLED",
    "OTEL_CPP_DISABLED_INSTRUMENTATIONS",
    "OTEL_PROPAGATORS",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE",
    "SEAMTRACE_DIR",
    "SEAMTRACE_EXEC_CONTEXT",
    "TRACEPARENT",
    "TRACESTATE",
    "BAGGAGE",
};

using Environment = std::map<std::string, std::string>;

class SettingsTest : public ::testing::Test {
 protected:
  void TearDown() override { clear(); }
  static void clear() {
    for (const char* name : kVariables) unsetenv(name);
  }
  static bool read(const Environment& environment) {
    clear();
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    return read_settings();
  }
  static void expect_sampler(const Environment& environment, wire::Sampler sampler, double ratio) {
    ASSERT_TRUE(read(environment));
    EXPECT_EQ(settings.sampler, sampler);
    EXPECT_EQ(settings.rejection_threshold, wire::rejection_threshold(ratio));
  }
};

TEST_F(SettingsTest, AnEmptyEnvironmentMeansTheDefaults) {
  ASSERT_TRUE(read({}));
  for (uint8_t protocol = 1; protocol <= wire::kLastProtocol; ++protocol)
    EXPECT_TRUE(settings.traced[protocol]) << kInstrumentations[protocol];
  EXPECT_FALSE(settings.propagation_only);
  EXPECT_FALSE(settings.exec_context);
  EXPECT_FALSE(settings.forwards_targets) << "this test is no known proxy";
  EXPECT_EQ(settings.propagators, codecs::kTraceContext | codecs::kBaggage);
  EXPECT_EQ(settings.sampler, wire::Sampler::kParentBasedAlwaysOn);
  EXPECT_EQ(settings.rejection_threshold, 0u);
  EXPECT_STREQ(settings.base_directory, wire::kDefaultBaseDirectory);
  EXPECT_STREQ(settings.environment_traceparent, "");
  EXPECT_EQ(settings.environment_tracestate, nullptr);
  for (const auto& role : settings.captures_headers)
    for (const bool captures : role) EXPECT_FALSE(captures);
}

TEST_F(SettingsTest, TheAgentIsSwitchedOff) {
  EXPECT_FALSE(read({{"OTEL_ENABLED", "false"}}));
  EXPECT_FALSE(read({{"OTEL_CPP_DISABLED_INSTRUMENTATIONS", "all"}}));
  EXPECT_FALSE(read({{"OTEL_CPP_DISABLED_INSTRUMENTATIONS", "grpc, *"}}));
  EXPECT_TRUE(read({{"OTEL_ENABLED", " TRUE "}}));
}

TEST_F(SettingsTest, OneInstrumentationIsSwitchedOff) {
  ASSERT_TRUE(read({{"OTEL_CPP_DISABLED_INSTRUMENTATIONS", "grpc, HTTP ,redis"}}));
  EXPECT_FALSE(settings.traces(wire::Protocol::kHttp1));
  EXPECT_FALSE(settings.traces(wire::Protocol::kRedis));
  EXPECT_TRUE(settings.traces(wire::Protocol::kPostgresql));
  ASSERT_TRUE(read({{"OTEL_CPP_DISABLED_INSTRUMENTATIONS", "httpd"}}));
  EXPECT_TRUE(settings.traces(wire::Protocol::kHttp1));
  ASSERT_TRUE(read({{"OTEL_CPP_DISABLED_INSTRUMENTATIONS", "mysql"}}));
  EXPECT_FALSE(settings.traces(wire::Protocol::kMysql));
  EXPECT_FALSE(settings.traces(wire::Protocol::kMariadb));
}

TEST_F(SettingsTest, EachSamplerIsKnownByItsName) {
  using wire::Sampler;
  const Environment::mapped_type name = "OTEL_TRACES_SAMPLER", argument = name + "_ARG";
  expect_sampler({{name, "always_on"}}, Sampler::kAlwaysOn, 1);
  expect_sampler({{name, "always_off"}}, Sampler::kAlwaysOff, 1);
  expect_sampler({{name, "traceidratio"}, {argument, "0.25"}}, Sampler::kTraceIdRatio, 0.25);
  expect_sampler({{name, "parentbased_always_on"}}, Sampler::kParentBasedAlwaysOn, 1);
  expect_sampler({{name, "parentbased_always_off"}}, Sampler::kParentBasedAlwaysOff, 1);
  expect_sampler({{name, "ParentBased_TraceIdRatio"}, {argument, "1e-3"}},
                 Sampler::kParentBasedTraceIdRatio, 1e-3);
}

TEST_F(SettingsTest, BadValuesAreIgnored) {
  using wire::Sampler;
  expect_sampler({{"OTEL_TRACES_SAMPLER", "banana"}, {"OTEL_TRACES_SAMPLER_ARG", "0.5"}},
                 Sampler::kParentBasedAlwaysOn, 1);
  for (const char* ratio : {"2", "-1", "half", "0.5x", "nan", "1e", "1e9999999999999999999", ""})
    expect_sampler({{"OTEL_TRACES_SAMPLER", "traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", ratio}},
                   Sampler::kTraceIdRatio, 1);
  ASSERT_TRUE(read({{"OTEL_PROPAGATORS", "banana,b3,tracecontext"}}));
  EXPECT_EQ(settings.propagators, codecs::kB3 | codecs::kTraceContext);
  ASSERT_TRUE(read({{"OTEL_SDK_DISABLED", "yes"}, {"SEAMTRACE_EXEC_CONTEXT", "1"}}));
  EXPECT_FALSE(settings.propagation_only) << "only `true` is true";
  EXPECT_FALSE(settings.exec_context);
  ASSERT_TRUE(read({{"TRACEPARENT", std::string(1000, 'x')}}));
  EXPECT_STREQ(settings.environment_traceparent, "");
}

TEST_F(SettingsTest, ABaseThatIsTooLongSwitchesTheAgentOff) {
  EXPECT_FALSE(read({{"SEAMTRACE_DIR", "/" + std::string(300, 'd')}}));
  ASSERT_TRUE(read({{"SEAMTRACE_DIR", "/" + std::string(200, 'd')}}));
  EXPECT_STREQ(settings.base_directory, ("/" + std::string(200, 'd')).c_str());
}

TEST_F(SettingsTest, ListsOfHeadersAreLowerCased) {
  ASSERT_TRUE(read({{"OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST", "X-A, x-B"}}));
  EXPECT_TRUE(settings.captures_headers[0][0]);
  EXPECT_FALSE(settings.captures_headers[1][1]);
  EXPECT_STREQ(settings.captured_headers[0][0], "x-a, x-b");
  ASSERT_TRUE(read(
      {{"OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE", std::string(5000, 'A')}}));
  EXPECT_FALSE(settings.captures_headers[0][0]);
  EXPECT_TRUE(settings.captures_headers[1][1]);
  EXPECT_EQ(std::string(settings.captured_headers[1][1]).find_first_not_of('a'), std::string::npos);
}

TEST(ThreadRandomTest, ThreadsDrawDifferentNumbers) {
  constexpr size_t kThreads = 8, kDraws = 2000;
  std::set<uint64_t> all;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      std::vector<uint64_t> drawn(kDraws);
      for (uint64_t& number : drawn) number = thread_random();
      const std::lock_guard<std::mutex> lock(mutex);
      all.insert(drawn.begin(), drawn.end());
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(all.size(), kThreads * kDraws);
}

TEST(ThreadRandomTest, EveryBitIsSetHalfOfTheTime) {
  constexpr int kDraws = 20'000;
  int ones[64] = {};
  for (int i = 0; i < kDraws; ++i) {
    const uint64_t number = thread_random();
    for (int bit = 0; bit < 64; ++bit) ones[bit] += static_cast<int>(number >> bit & 1);
  }
  // Six standard deviations.
  for (const int count : ones) EXPECT_NEAR(count, kDraws / 2, 424);
}

TEST(AliveMarkerTest, AForkedChildKnowsThatItIsOne) {
  ASSERT_TRUE(open_alive_marker());
  EXPECT_FALSE(was_forked());
  EXPECT_EQ(process_state.pid, static_cast<uint32_t>(getpid()));
  const pid_t child = fork();
  if (child == 0) {
    const bool noticed = was_forked();
    const bool opened = open_alive_marker();
    _exit(noticed && opened && !was_forked() && process_state.pid == current_pid() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(was_forked());
}

TEST(PlatformTest, SystemCallsLeaveErrnoAloneAndReturnIt) {
  errno = ENOTTY;
  EXPECT_EQ(raw_syscall(SYS_close, -1), -EBADF);
  EXPECT_EQ(errno, ENOTTY);
  EXPECT_EQ(current_pid(), static_cast<uint32_t>(getpid()));
  EXPECT_EQ(current_tid(), static_cast<uint32_t>(gettid()));
}

TEST(PlatformTest, ASandboxedProcessMakesNoOptionalCall) {
  sandboxed.store(true);
  EXPECT_EQ(optional_syscall(SYS_getpid), -EPERM);
  EXPECT_EQ(reserve(4096), nullptr);
  EXPECT_EQ(current_tid(), 0u);
  sandboxed.store(false);
  EXPECT_EQ(optional_syscall(SYS_getpid), getpid());
}

}  // namespace
}  // namespace seamtrace::agent
