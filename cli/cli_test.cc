#include <gtest/gtest.h>

#include "cli/exporters.h"
#include "cli/preload.h"
#include "cli/status_command.h"
#include "cli/table.h"

namespace seamtrace::cli {
namespace {

using collector::Configuration;
using nlohmann::json;

ExporterPlan plan(Configuration::Environment environment, ExporterWishes wishes) {
  return plan_exporters(Configuration::from(std::move(environment)), wishes);
}

constexpr ExporterWishes kNoWish{false}, kConsole{true};

/// `otlp store`, in the order of the names.
std::string names(const ExporterPlan& plan) {
  std::string list;
  for (const auto& [wanted, name] :
       {std::pair(plan.console, "console"), {plan.otlp, "otlp"}, {plan.store, "store"}})
    if (wanted) list += (list.empty() ? "" : " ") + std::string(name);
  return list;
}

TEST(Exporters, TracesGoToTheEndpointElseIntoTheStore) {
  EXPECT_EQ(names(plan({}, kNoWish)), "store");
  EXPECT_EQ(names(plan({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h"}}, kNoWish)), "otlp");
  EXPECT_EQ(names(plan({{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://h"}}, kNoWish)), "otlp");
}

TEST(Exporters, TheConsoleIsAnAddition) {
  EXPECT_EQ(names(plan({}, kConsole)), "console store");
  EXPECT_EQ(names(plan({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h"}}, kConsole)), "console otlp");
  EXPECT_EQ(names(plan({{"OTEL_CONSOLE_EXPORTER", "true"}}, kNoWish)), "console store");
}

TEST(Exporters, VariablesDecide) {
  EXPECT_EQ(names(plan({{"OTEL_TRACES_EXPORTER", "none"}}, kNoWish)), "");
  EXPECT_EQ(names(plan({{"OTEL_TRACES_EXPORTER", "otlp"}}, kNoWish)), "otlp");
  EXPECT_EQ(names(plan({{"OTEL_TRACES_EXPORTER", "otlp,console,store"}}, kNoWish)),
            "console otlp store");
  EXPECT_EQ(names(plan({{"OTEL_TRACES_EXPORTER", "otlp"}, {"SEAMTRACE_STORE", "/f"}}, kNoWish)),
            "otlp store");
}

TEST(Preload, LibraryComesFirstAndOnce) {
  EXPECT_EQ(prepend_preload("", "/l/libseamtrace.so"), "/l/libseamtrace.so");
  EXPECT_EQ(prepend_preload("/a.so /b.so", "/l/libseamtrace.so"), "/l/libseamtrace.so:/a.so:/b.so");
  EXPECT_EQ(prepend_preload("/a.so:/l/libseamtrace.so", "/l/libseamtrace.so"),
            "/l/libseamtrace.so:/a.so");
}

TEST(Preload, AgentIsKnownByItsName) {
  EXPECT_TRUE(names_agent("/a.so:/opt/lib/libseamtrace.so"));
  EXPECT_TRUE(names_agent("libseamtrace.so"));
  EXPECT_FALSE(names_agent("/opt/libseamtrace.so/other.so:/a.so"));
  EXPECT_FALSE(names_agent(""));
}

TEST(Preload, MissingLibraryIsExplained) {
  const auto missing = find_agent_library("/nonexistent/libseamtrace.so");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("SEAMTRACE_LIBRARY"), std::string::npos);
}

TEST(Table, NumbersStandRightAndTextLeft) {
  Table table({"PID", "SERVICE", "SPANS"});
  table.add({"7", "größer", "5"});
  table.add({"4711", "web", "120"});
  EXPECT_EQ(table.render(),
            " PID  SERVICE  SPANS\n"
            "   7  größer       5\n"
            "4711  web        120\n");
}

TEST(Status, ShowsProcessesCountersAndExporters) {
  const json answer = {
      {"collector", {{"pid", 9u}, {"version", "1.2.3"}, {"directory", "/dev/shm"}}},
      {"processes",
       {{{"pid", 42u},
         {"service", "shop\x1b[2J"},
         {"alive", true},
         {"tracing", true},
         {"spans", 10u},
         {"in_flight", 1u},
         {"counters",
          {{"lost_ring_full", 3u}, {"overhead_samples", 4u}, {"overhead_nanoseconds", 1000u}}}}}},
      {"exporters",
       {{{"name", "otlp"},
         {"destination", "http://h"},
         {"exported", 6u},
         {"dropped", {{"rejected", 1u}}},
         {"last_error", "HTTP status 400"}}}}};
  const std::string text = render_status(answer);
  for (const char* part :
       {"collector 9", "42", "traced", "250 ns", "lost_ring_full", "spans lost: no free chunk",
        "6 exported", "1 dropped (rejected)", "HTTP status 400"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Status, OddAnswersAreSurvived) {
  for (const json& odd : {json(), json::object(), json{{"processes", 7}},
                          json{{"processes", {{{"counters", 3}}}}}, json{{"exporters", {1}}}})
    EXPECT_FALSE(render_status(odd).empty());
}

}  // namespace
}  // namespace seamtrace::cli
