// What is counted for each data store, as the collector finds it.
#include "agent/ring_writer/targets.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "agent/testing/agent_fixture.h"

namespace seamtrace::agent {
namespace {

class TargetsTest : public testing::AgentFixture {
 protected:
  static wire::Endpoint endpoint(uint16_t port) {
    wire::Endpoint endpoint{};
    endpoint.family = AF_INET;
    endpoint.port = port;
    endpoint.address[0] = 127;
    return endpoint;
  }
};

TEST_F(TargetsTest, AStoreHasOneEntry) {
  wire::TargetStatistics* redis = ring_writer::target_for(wire::Protocol::kRedis, endpoint(6379));
  ASSERT_NE(redis, nullptr);
  EXPECT_EQ(ring_writer::target_for(wire::Protocol::kRedis, endpoint(6379)), redis);
  EXPECT_NE(ring_writer::target_for(wire::Protocol::kRedis, endpoint(6380)), redis);
  EXPECT_NE(ring_writer::target_for(wire::Protocol::kMysql, endpoint(6379)), redis);
  EXPECT_EQ(ring_writer::known_target(endpoint(6380))->protocol,
            static_cast<uint8_t>(wire::Protocol::kRedis));
  EXPECT_EQ(ring_writer::known_target(endpoint(1)), nullptr);
}

TEST_F(TargetsTest, AUnixSocketsAddressSaysNothingOfWhoIsThere) {
  wire::Endpoint unix{};
  unix.family = AF_UNIX;
  ASSERT_NE(ring_writer::target_for(wire::Protocol::kRedis, unix), nullptr);
  EXPECT_EQ(ring_writer::known_target(unix), nullptr);
}

TEST_F(TargetsTest, MoreStoresThanEntriesAreNotCounted) {
  for (uint16_t port = 0; port < wire::kTargetCount; ++port)
    ASSERT_NE(ring_writer::target_for(wire::Protocol::kRedis, endpoint(port)), nullptr) << port;
  EXPECT_EQ(ring_writer::target_for(wire::Protocol::kRedis, endpoint(9999)), nullptr);
  EXPECT_NE(ring_writer::target_for(wire::Protocol::kRedis, endpoint(0)), nullptr);
}

TEST_F(TargetsTest, ThreadsAgreeOnTheEntries) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (uint16_t port = 0; port < wire::kTargetCount; ++port)
        EXPECT_NE(ring_writer::target_for(wire::Protocol::kRedis, endpoint(port)), nullptr);
    });
  for (std::thread& thread : threads) thread.join();
}

TEST_F(TargetsTest, ATimeFallsIntoItsBucket) {
  std::atomic<uint64_t> sum{0};
  std::atomic<uint64_t> buckets[wire::kConnectionTimeBuckets]{};
  const auto add = [&](double seconds) {
    ring_writer::add_time(sum, buckets, static_cast<uint64_t>(seconds * 1e9));
  };
  add(0);
  add(.001);  // on the bound: below it
  add(.0011);
  add(10);
  add(11);
  EXPECT_EQ(buckets[0], 2u);
  EXPECT_EQ(buckets[1], 1u);
  EXPECT_EQ(buckets[8], 1u);
  EXPECT_EQ(buckets[9], 1u);
  EXPECT_EQ(sum, 21'002'100'000u);
}

}  // namespace
}  // namespace seamtrace::agent
