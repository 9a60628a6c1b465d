#include "collector/overhead.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>

namespace seamtrace::collector {
namespace {

using nlohmann::json;

/// What overhead() says of this process, were it traced.
json of_a_process(uint64_t samples, uint64_t nanoseconds, uint64_t spans) {
  const json status{
      {"collector", {{"uptime_seconds", 10}}},
      {"processes",
       {{{"pid", ::getpid()},
         {"alive", true},
         {"spans", spans},
         {"counters", {{"overhead_samples", samples}, {"overhead_nanoseconds", nanoseconds}}}}}}};
  return overhead(status)["processes"][0];
}

TEST(Overhead, IsEstimatedFromTheMeasuredCalls) {
  while (std::clock() < CLOCKS_PER_SEC / 20) {
  }  // some processor time, which the kernel counts in hundredths
  const json process = of_a_process(100, 50'000, 1000);
  EXPECT_EQ(process["agent_ns_per_call"], 500.0);
  const double cpu = process["cpu_s"];
  EXPECT_GT(cpu, 0);
  EXPECT_NEAR(process["agent_share"].get<double>(), 1000 * 4 * 500e-9 / cpu, 1e-6);
}

TEST(Overhead, AFewMeasurementsSayNothing) {
  const json process = of_a_process(2, 1'500'000, 1000);
  EXPECT_TRUE(process["agent_ns_per_call"].is_null());
  EXPECT_TRUE(process["agent_share"].is_null());
}

}  // namespace
}  // namespace seamtrace::collector
