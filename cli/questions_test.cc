#include <gtest/gtest.h>

#include "cli/command_line.h"
#include "cli/moment.h"
#include "cli/query_source.h"

namespace seamtrace::cli {
namespace {

using nlohmann::json;

template <typename Options>
Options accepted(const std::vector<std::string>& words) {
  const Parsed parsed = parse_command_line(words);
  if (!parsed.command || !std::holds_alternative<Options>(*parsed.command)) {
    ADD_FAILURE() << parsed.text;
    return {};
  }
  return std::get<Options>(*parsed.command);
}

std::string refused(const std::vector<std::string>& words) {
  const Parsed parsed = parse_command_line(words);
  EXPECT_EQ(parsed.exit_code, 2);
  return parsed.text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Questions, WordsOfAQueryAreJoinedWhateverTheyLookLike) {
  const auto traces = accepted<TracesOptions>({"traces", "service=gateway", "--since", "1d",
                                               "duration>200ms", "-status=error", "--json",
                                               "--limit=5", "-http.x=1", "--", "--json"});
  EXPECT_EQ(traces.query, "service=gateway duration>200ms -status=error -http.x=1 --json");
  EXPECT_EQ(traces.since, "1d");
  EXPECT_EQ(traces.limit, 5u);
  EXPECT_TRUE(traces.json);
}

TEST(Questions, BadOptionsAreAnsweredWithTheNearest) {
  EXPECT_TRUE(contains(refused({"traces", "--snice", "1h"}), "did you mean '--since'?"));
  EXPECT_TRUE(contains(refused({"traces", "--since", "soon"}), "15m"));
  EXPECT_TRUE(contains(refused({"services", "--sort", "slow"}), "did you mean 'slowest'?"));
  EXPECT_TRUE(contains(refused({"top", "--window", "1"}), "90s"));
  EXPECT_TRUE(contains(refused({"trace"}), "which one?"));
  EXPECT_TRUE(contains(refused({"trace", "xyz"}), "no trace id"));
  EXPECT_TRUE(contains(refused({"trace", "abc", "--otpl"}), "did you mean '--otlp'?"));
  EXPECT_TRUE(contains(refused({"set"}), "which process?"));
  EXPECT_TRUE(contains(refused({"set", "gateway"}), "tracing=off"));
  EXPECT_TRUE(contains(refused({"set", "gateway", "tracin=off"}), "did you mean 'tracing'?"));
  EXPECT_TRUE(contains(refused({"traces", "--follow", "--until", "1h"}), "which one?"));
}

TEST(Questions, EveryCommandExplainsItself) {
  for (const char* command : {"traces", "trace", "services", "top", "set"}) {
    const Parsed parsed = parse_command_line({command, "--help"});
    EXPECT_EQ(parsed.exit_code, 0);
    EXPECT_TRUE(contains(parsed.text, "Examples:")) << command;
  }
}

TEST(Questions, AFaultInAQueryIsMarked) {
  const collector::QueryAnswer answer{
      400, {{"error", "unknown\x1b word"}, {"position", 10u}, {"length", 3u}}};
  EXPECT_EQ(explain(answer, "caf\xc3\xa9=\xe6\x97\xa5 abc d"),
            "seamtrace: unknown\\x1b word\n  caf\xc3\xa9=\xe6\x97\xa5 abc d\n          ^^^\n");
  EXPECT_EQ(explain({400, {{"error", "x"}, {"position", 99u}}}, "ab"),
            "seamtrace: x\n  ab\n    ^\n");
  EXPECT_EQ(explain({500, json()}, ""), "seamtrace: the answer has status 500\n");
}

TEST(Questions, JsonForATerminalIsAscii) {
  EXPECT_EQ(json_line({{"a", "\xc2\x9b\x7f\x1b"}}, true), "{\"a\":\"\\u009b\\u007f\\u001b\"}\n");
}

TEST(Moments, LocalTimesBecomeMicroseconds) {
  setenv("TZ", "UTC", 1);
  tzset();
  constexpr std::time_t kNow = 1'000'000'000;  // 2001-09-09 01:46:40
  EXPECT_EQ(*parse_moment("15m", kNow), "15m");
  EXPECT_EQ(*parse_moment("1970-01-02", kNow), "86400000000");
  EXPECT_EQ(*parse_moment("1970-01-02T00:01", kNow), "86460000000");
  EXPECT_EQ(*parse_moment("01:00", kNow), "999997200000000");
  EXPECT_EQ(*parse_moment("02:00", kNow), "999914400000000");  // yesterday
  for (const char* bad : {"2001-02-31", "25:00", "yesterday", "5 m", "-1h", "1w", ""})
    EXPECT_FALSE(parse_moment(bad, kNow)) << bad;
}

}  // namespace
}  // namespace seamtrace::cli
