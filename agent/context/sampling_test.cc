// Who is recorded: the six samplers, the ratio, and what the collector sets while we run.
#include <gtest/gtest.h>

#include <string>

#include "agent/context/context.h"
#include "agent/testing/http_fixture.h"
#include "wire/configuration.h"

namespace seamtrace::agent {
namespace {

using testing::Decision;
using wire::Sampler;

constexpr int kIds = 100'000;

class SamplingTest : public testing::HttpFixture {
 protected:
  void SetUp() override {
    HttpFixture::SetUp();
    ASSERT_TRUE(ring_writer::ensure_segment());
  }
  /// As the collector changes a running process.
  void set_sampler(Sampler sampler, double ratio = 1) {
    testing::SegmentReader segment(directory());
    segment.write_at(wire::kControlOffset + offsetof(wire::ControlBlock, sampler),
                     static_cast<uint32_t>(sampler));
    segment.write_at(wire::kControlOffset + offsetof(wire::ControlBlock, rejection_threshold),
                     wire::rejection_threshold(ratio));
  }
  void set_tracing(bool on) {
    testing::SegmentReader(directory())
        .write_at(wire::kControlOffset + offsetof(wire::ControlBlock, tracing), on ? 1u : 0u);
  }

  static codecs::TraceContext fresh_identity() {
    codecs::TraceContext identity;
    identity.valid = true;
    spans::generate_trace_id(identity);
    spans::generate_span_id(identity);
    return identity;
  }
  static bool samples_root(codecs::TraceContext identity = fresh_identity()) {
    context::sample_root(identity);
    return (identity.flags & codecs::kFlagSampled) != 0;
  }
  static bool samples_child(bool caller_sampled, codecs::TraceContext identity = fresh_identity()) {
    codecs::TraceContext remote = identity;
    remote.flags = caller_sampled ? codecs::kFlagSampled : 0;
    identity.flags = remote.flags;
    context::sample_child(remote, identity);
    return (identity.flags & codecs::kFlagSampled) != 0;
  }
  static double sampled_share() {
    int sampled = 0;
    for (int i = 0; i < kIds; ++i) sampled += samples_root();
    return static_cast<double>(sampled) / kIds;
  }
  /// Low 56 bits of the trace id are `low`, in network order.
  static codecs::TraceContext with_low_bits(uint64_t low) {
    codecs::TraceContext identity = fresh_identity();
    for (int i = 15; i >= 9; --i, low >>= 8) identity.trace_id[i] = static_cast<uint8_t>(low);
    return identity;
  }
};

TEST_F(SamplingTest, EachSamplerDecidesAsItsNameSays) {
  struct Case {
    Sampler sampler;
    bool root, of_sampled_caller, of_unsampled_caller;
  };
  // The ratio is 0: it keeps nothing.
  constexpr Case kCases[] = {
      {Sampler::kAlwaysOn, true, true, true},
      {Sampler::kAlwaysOff, false, false, false},
      {Sampler::kTraceIdRatio, false, false, false},
      {Sampler::kParentBasedAlwaysOn, true, true, false},
      {Sampler::kParentBasedAlwaysOff, false, true, false},
      {Sampler::kParentBasedTraceIdRatio, false, true, false},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(static_cast<int>(c.sampler));
    set_sampler(c.sampler, 0);
    EXPECT_EQ(samples_root(), c.root);
    EXPECT_EQ(samples_child(true), c.of_sampled_caller);
    EXPECT_EQ(samples_child(false), c.of_unsampled_caller);
  }
  set_sampler(Sampler::kTraceIdRatio, 1);
  EXPECT_TRUE(samples_root());
  EXPECT_TRUE(samples_child(false));
  set_sampler(Sampler::kParentBasedTraceIdRatio, 1);
  EXPECT_TRUE(samples_root());
  EXPECT_FALSE(samples_child(false));
}

TEST_F(SamplingTest, TheRatioIsTheShareOfTraces) {
  // Five standard deviations of 100,000 draws are at most 0.8 %.
  for (const double ratio : {0.01, 0.1, 0.25, 0.5, 0.9}) {
    set_sampler(Sampler::kTraceIdRatio, ratio);
    EXPECT_NEAR(sampled_share(), ratio, 0.008);
  }
  set_sampler(Sampler::kTraceIdRatio, 0);
  EXPECT_EQ(sampled_share(), 0);
  set_sampler(Sampler::kTraceIdRatio, 1);
  EXPECT_EQ(sampled_share(), 1);
}

TEST_F(SamplingTest, TheThresholdIsComparedWithTheLow56BitsOfTheTraceId) {
  set_sampler(Sampler::kTraceIdRatio, 0.5);
  const uint64_t threshold = wire::rejection_threshold(0.5);
  EXPECT_EQ(threshold, uint64_t{1} << 55);
  EXPECT_TRUE(samples_root(with_low_bits(threshold)));
  EXPECT_FALSE(samples_root(with_low_bits(threshold - 1)));
  EXPECT_TRUE(samples_root(with_low_bits((uint64_t{1} << 56) - 1)));
  EXPECT_FALSE(samples_root(with_low_bits(0)));
}

TEST_F(SamplingTest, EveryParticipantKeepsTheSameTracesByRatio) {
  set_sampler(Sampler::kTraceIdRatio, 0.3);
  for (int i = 0; i < 1000; ++i) {
    const codecs::TraceContext identity = fresh_identity();
    ASSERT_EQ(samples_root(identity), samples_child(true, identity));
    ASSERT_EQ(samples_root(identity), samples_child(false, identity));
  }
}

TEST_F(SamplingTest, OtherFlagsSurviveTheDecision) {
  codecs::TraceContext identity = fresh_identity();
  identity.flags = codecs::kFlagRandom;
  context::sample_root(identity);
  EXPECT_EQ(identity.flags, codecs::kFlagRandom | codecs::kFlagSampled);
  set_sampler(Sampler::kAlwaysOff);
  context::sample_root(identity);
  EXPECT_EQ(identity.flags, codecs::kFlagRandom);
}

TEST_F(SamplingTest, WhatIsNotSampledStillPassesItsContextOn) {
  set_sampler(Sampler::kAlwaysOff);
  const Decision request = serve(701);
  const Decision sent = call(710);
  EXPECT_TRUE(is_child_of(sent, request));
  char own[56] = {};
  codecs::format_traceparent(sent.identity, own);
  EXPECT_NE(wire_.find(std::string("traceparent: ") + own), std::string::npos) << wire_;
  EXPECT_EQ(sent.identity.flags & codecs::kFlagSampled, 0);
  response(710);
  answer(701);
  EXPECT_TRUE(records().empty());
}

TEST_F(SamplingTest, AChildOfAnUnsampledRequestIsNotSampledEither) {
  serve(701, "traceparent: 00-0af7651916cd43dd8448eb211c803a00-b7ad6b7169203331-00\r\n");
  call(710);
  response(710);
  answer(701);
  EXPECT_TRUE(records().empty());
}

TEST_F(SamplingTest, TracingIsSwitchedOffAndOnAgainWhileTheProgramRuns) {
  set_tracing(false);
  serve(701);
  call(710);
  EXPECT_NE(wire_.find("traceparent: 00-"), std::string::npos);
  response(710);
  answer(701);
  EXPECT_TRUE(records().empty());
  EXPECT_FALSE(samples_child(true));
  set_tracing(true);
  serve(701);
  answer(701);
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(SamplingTest, AnUnknownSamplerInTheControlBlockHarmsNobody) {
  set_sampler(static_cast<Sampler>(4711));
  serve(701);
  answer(701);
  EXPECT_EQ(records().size(), 1u);  // as the default does
}

TEST_F(SamplingTest, WhereTheCallerLeftItOpenWeDecide) {
  settings.propagators = codecs::kB3;
  set_sampler(Sampler::kParentBasedAlwaysOn);
  serve(701, "b3: 0af7651916cd43dd8448eb211c803a01-b7ad6b7169203331\r\n");
  answer(701);
  EXPECT_EQ(records().size(), 1u);
}

}  // namespace
}  // namespace seamtrace::agent
