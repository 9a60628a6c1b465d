#include <gtest/gtest.h>

#include "cli/terminal/followed_traces.h"
#include "cli/terminal/text_width.h"
#include "cli/terminal/trace_table.h"

namespace seamtrace::cli {
namespace {

using nlohmann::json;

json trace(const std::string& id, uint64_t start_us = 0) {
  return {{"trace_id", id},      {"start_us", start_us}, {"duration_ns", 12'400'000u},
          {"service", "web"},    {"name", "GET /cart"},  {"status", "unset"},
          {"http_status", 200u}, {"root", true},         {"spans", 3u},
          {"errors", 0u}};
}

TEST(TraceTable, ShowsWhatATraceWas) {
  setenv("TZ", "UTC", 1);
  const auto lines =
      trace_table(json::array({trace("4bf92f3577b34da6a3ce929d0e0e4736")}), 1'000'000, {})
          .lines({});
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1],
            "00:00:00   12.4 ms  web       GET /cart         200         3       0  4bf92f35");
}

TEST(TraceTable, HostileAndLongNamesStayInTheirLine) {
  json hostile = trace("\x1b[2J");
  hostile["name"] = std::string(100'000, 'x');
  hostile["service"] = "\xe6\x97\xa5\n\x1b[H";
  Style style;
  style.width = 90;
  for (const std::string& line : trace_table(json::array({hostile, 7}), 0, style).lines(style)) {
    EXPECT_LE(text_width(line), 90u);
    for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
  }
}

TEST(FollowedTraces, ATraceIsShownOnceWhenItHasStoppedGrowing) {
  FollowedTraces followed;
  followed.add(json::array({trace("a", 2), trace("b", 1)}), 0);
  EXPECT_TRUE(followed.take_ready(999).empty());
  json grown = trace("a", 2);
  grown["spans"] = 9u;
  followed.add(json::array({grown}), 500);
  json ready = followed.take_ready(1000);
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0]["trace_id"], "b");
  ready = followed.take_ready(1500);
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0]["spans"], 9u);
  followed.add(json::array({grown}), 2000);
  EXPECT_TRUE(followed.take_ready(9000).empty());
}

TEST(FollowedTraces, OneThatGoesOnGrowingIsShownAfterAWhile) {
  FollowedTraces followed;
  for (uint64_t now = 0; now <= 9'500; now += 500) {
    followed.add(json::array({trace("a")}), now);
    EXPECT_TRUE(followed.take_ready(now).empty());
  }
  EXPECT_EQ(followed.take_ready(10'000).size(), 1u);
}

}  // namespace
}  // namespace seamtrace::cli
