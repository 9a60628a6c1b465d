#include "cli/run/summary.h"

#include <gtest/gtest.h>

namespace seamtrace::cli {
namespace {

using nlohmann::json;

json answer(json exporters) {
  return {{"spans", 12u}, {"processes", 2u}, {"alive", 0u},
          {"lost", 0u},   {"drained", true}, {"exporters", std::move(exporters)}};
}

json otlp() {
  return {{"name", "otlp"}, {"destination", "http://h/v1/traces"}, {"exported", 12u},
          {"queued", 0u},   {"dropped", json::object()},           {"last_error", ""}};
}

json console() { return {{"name", "console"}, {"destination", "standard error"}, {"queued", 3u}}; }

constexpr bool kOwn = true, kPrints = true;

TEST(Summary, SaysWhereSpansWent) {
  EXPECT_EQ(summary_line(answer({console()}), {"x", kOwn, kPrints}),
            "seamtrace: 12 spans from 2 processes, printed above");
  EXPECT_EQ(summary_line(answer({otlp()}), {"x", kOwn, !kPrints}),
            "seamtrace: 12 spans from 2 processes, exported to http://h/v1/traces");
  EXPECT_EQ(
      summary_line(answer({otlp(), console()}), {"x", kOwn, kPrints}),
      "seamtrace: 12 spans from 2 processes, exported to http://h/v1/traces and printed above");
  EXPECT_EQ(summary_line(answer({otlp()}), {"x", !kOwn, !kPrints}),
            "seamtrace: 12 spans from 2 processes, exported to http://h/v1/traces by the collector "
            "that already serves this user");
}

TEST(Summary, SaysInWhichFileTracesAreKept) {
  json store = otlp();
  store["name"] = "store";
  store["destination"] = "/home/me/traces.db";
  EXPECT_EQ(summary_line(answer({store}), {"x", kOwn, !kPrints}),
            "seamtrace: 12 spans from 2 processes, kept in /home/me/traces.db ('seamtrace view "
            "FILE' shows them)");
}

TEST(Summary, CountsTracesAsFarAsTheyAreKnown) {
  json some = answer({console()});
  some["traces"] = 1u;
  EXPECT_EQ(summary_line(some, {"x", kOwn, kPrints}),
            "seamtrace: 12 spans in 1 trace from 2 processes, printed above");
  some["traces"] = 100'000u;
  EXPECT_NE(summary_line(some, {"x", kOwn, kPrints}).find(" in 100000 traces "), std::string::npos);
  some["traces"] = 100'001u;
  EXPECT_NE(summary_line(some, {"x", kOwn, kPrints}).find(" in more than 100000 traces "),
            std::string::npos);
}

TEST(Summary, NothingSeenPointsToTheDoctor) {
  EXPECT_EQ(summary_line({{"spans", 0u}, {"lost", 0u}}, {"./server", kOwn, kPrints}),
            "seamtrace: no request was seen; 'seamtrace doctor ./server' tells what can be traced");
}

TEST(Summary, LossesAreNamedWithTheirReason) {
  json exporter = otlp();
  exporter["exported"] = 7u;
  exporter["dropped"] = {{"rejected", 5u}};
  exporter["last_error"] = "HTTP status 400";
  json with_losses = answer({exporter});
  with_losses["lost"] = 1u;
  EXPECT_EQ(
      summary_line(with_losses, {"x", kOwn, !kPrints}),
      "seamtrace: 12 spans from 2 processes, exported to http://h/v1/traces; 5 spans not "
      "exported to http://h/v1/traces: rejected (HTTP status 400); 1 span lost in the program "
      "for want of room in shared memory");
}

TEST(Summary, SpansThatWaitAreNotCalledLost) {
  json exporter = otlp();
  exporter["exported"] = 0u;
  exporter["queued"] = 12u;
  exporter["last_error"] = "Connection refused";
  json waiting = answer({exporter});
  waiting["drained"] = false;
  EXPECT_EQ(summary_line(waiting, {"x", kOwn, !kPrints}),
            "seamtrace: 12 spans from 2 processes; 12 spans could not be exported to "
            "http://h/v1/traces in time (Connection refused), the next collector will try again");
}

TEST(Summary, ProcessesThatGoOnAreMentioned) {
  json with_daemon = answer({console()});
  with_daemon["alive"] = 1u;
  EXPECT_TRUE(summary_line(with_daemon, {"x", kOwn, kPrints})
                  .ends_with("; 1 process runs on and stays traced"));
}

TEST(Summary, OddAnswersAndHostileTextsAreSurvived) {
  json exporter = otlp();
  exporter["destination"] = "http://\x1b[2J\n";
  exporter["dropped"] = json::array();
  for (const json& odd : {json::object(), json::array(), json{{"spans", "many"}, {"lost", 1u}},
                          json{{"spans", 1u}, {"exporters", 3}}, answer({exporter, 7})}) {
    const std::string line = summary_line(odd, {"\x1b]0;x\x07", kOwn, kPrints});
    for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
  }
}

}  // namespace
}  // namespace seamtrace::cli
