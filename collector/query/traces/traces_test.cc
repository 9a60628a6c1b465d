#include "collector/query/traces/traces.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "collector/query/testing/memory_store.h"
#include "collector/query/testing/trace_maker.h"

namespace seamtrace::collector::traces {
namespace {

using nlohmann::json;
using testing::kMillisecond;
using testing::kSecond;
using testing::kTraceStart;
using testing::MemoryStore;
using testing::TraceMaker;

constexpr uint64_t kNow = kTraceStart + 600 * kSecond;

class TracesTest : public ::testing::Test {
 protected:
  /// One trace of two services; it begins `number` seconds after kTraceStart.
  void add(uint64_t number, double duration_ms = 10, bool failed = false) {
    TraceMaker trace(number, kTraceStart + number * kSecond);
    trace.add("web", "GET /", SpanKind::kServer, 0, duration_ms);
    trace.set("http.response.status_code", int64_t{failed ? 500 : 200});
    if (failed) trace.error("it broke");
    trace.add("web", "GET", SpanKind::kClient, 1, 2, 1);
    trace.set("server.address", "cart").set("number", static_cast<int64_t>(number));
    trace.add("cart", "GET /items", SpanKind::kServer, 1, 1, 2);
    store_.add(trace.take());
  }

  QueryAnswer ask(const std::map<std::string, std::string>& parameters) {
    return find_traces(store_, {parameters, kNow});
  }
  static std::vector<std::string> ids(const json& body) {
    std::vector<std::string> ids;
    for (const json& trace : body["traces"])
      ids.push_back(trace["trace_id"].get<std::string>().substr(30));
    return ids;
  }
  std::vector<std::string> found(const std::string& query) {
    const QueryAnswer answer = ask({{"query", query}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return ids(answer.body);
  }
  static std::string id_text(uint64_t number) {
    return json_id(testing::trace_number(number)).get<std::string>();
  }

  MemoryStore store_;
};

using Ids = std::vector<std::string>;

TEST_F(TracesTest, TheLatestComeFirstWithTheirFacts) {
  add(1);
  add(2, 25.5, true);
  const QueryAnswer answer = ask({});
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(ids(answer.body), (Ids{"02", "01"}));
  const json expected = {{"trace_id", id_text(2)},
                         {"start_unix_ns", std::to_string(kTraceStart + 2 * kSecond)},
                         {"start_us", (kTraceStart + 2 * kSecond) / 1000},
                         {"duration_ns", 25'500'000},
                         {"service", "web"},
                         {"name", "GET /"},
                         {"detail", ""},
                         {"kind", "server"},
                         {"status", "error"},
                         {"http_status", 500},
                         {"root", true},
                         {"spans", 3},
                         {"errors", 1},
                         {"services", {"cart", "web"}}};
  EXPECT_EQ(answer.body["traces"][0], expected);
  EXPECT_EQ(answer.body["change"], 2);
  EXPECT_EQ(answer.body["next"], nullptr);
  EXPECT_EQ(answer.body["complete"], true);
  EXPECT_EQ(answer.body["searched_to_us"], (kNow - 3600 * kSecond) / 1000);
}

TEST_F(TracesTest, AQueryFindsThoseThatMatch) {
  add(1);
  add(2, 25, true);
  add(3);
  EXPECT_EQ(found("status=error"), (Ids{"02"}));
  EXPECT_EQ(found("number=3"), (Ids{"03"}));
  EXPECT_EQ(found("number<3 service=web"), (Ids{"02", "01"}));
  EXPECT_EQ(found("service=cart number=3"), (Ids{}));
  EXPECT_EQ(found("trace=" + id_text(3)), (Ids{"03"}));
  EXPECT_EQ(found("trace=" + id_text(3) + " status=error"), (Ids{}));
  EXPECT_EQ(found("trace!=" + id_text(3)), (Ids{"02", "01"}));
}

TEST_F(TracesTest, WhatTheRowTellsNeedsNoUnpacking) {
  add(1);
  add(2, 25, true);
  // Those that are listed are unpacked once each, for `detail`.
  EXPECT_EQ(found("").size(), 2u);
  EXPECT_EQ(store_.loads, 2u);
  EXPECT_EQ(found("service=web status=error operation=\"GET /\"").size(), 1u);
  EXPECT_EQ(store_.loads, 3u);
  EXPECT_EQ(found("trace.duration>20ms number=1 service=nobody").size(), 0u);
  EXPECT_EQ(store_.loads, 3u);
  EXPECT_EQ(found("number=1 trace.errors=0").size(), 1u);
  EXPECT_EQ(store_.loads, 5u);
}

TEST_F(TracesTest, APeriodHoldsTracesThatOverlapIt) {
  add(1, 3000);
  add(10);
  add(20);
  const auto at = [](uint64_t second) {
    return std::to_string((kTraceStart + second * kSecond) / 1000);
  };
  EXPECT_EQ(ids(ask({{"since", at(2)}, {"until", at(15)}}).body), (Ids{"0a", "01"}));
  EXPECT_EQ(ids(ask({{"since", at(5)}, {"until", at(10)}}).body), (Ids{}));
  EXPECT_EQ(ids(ask({{"since", "590s"}}).body), (Ids{"14", "0a"}));
  EXPECT_EQ(ids(ask({{"since", "590s"}, {"until", "585s"}}).body), (Ids{"0a"}));
}

TEST_F(TracesTest, PagesFollowOneAnotherUntilTheEnd) {
  for (uint64_t i = 1; i <= 7; ++i) add(i);
  Ids all;
  std::string next;
  int pages = 0;
  do {
    std::map<std::string, std::string> parameters = {{"limit", "3"}, {"query", "number>1"}};
    if (!next.empty()) parameters["before"] = next;
    const QueryAnswer answer = ask(parameters);
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(answer.body["complete"]);
    for (const std::string& id : ids(answer.body)) all.push_back(id);
    next = answer.body["next"].is_null() ? "" : answer.body["next"].get<std::string>();
    if (pages == 0) {
      EXPECT_EQ(answer.body["searched_to_us"], (kTraceStart + 5 * kSecond) / 1000);
    }
  } while (!next.empty() && ++pages < 10);
  EXPECT_EQ(all, (Ids{"07", "06", "05", "04", "03", "02"}));
}

TEST_F(TracesTest, ALiveListAsksForWhatChangedSince) {
  add(1);
  add(2);
  const json first = ask({}).body;
  add(3);
  TraceMaker late(1, kTraceStart + kSecond);
  for (int i = 0; i < 4; ++i) late.add("web", "late", SpanKind::kInternal, 1, 1, 1);
  store_.add(late.take());
  const std::string change = std::to_string(first["change"].get<uint64_t>());
  const json second = ask({{"after", change}}).body;
  EXPECT_EQ(ids(second), (Ids{"03", "01"}));
  EXPECT_EQ(second["traces"][1]["spans"], 7);
  EXPECT_EQ(second["complete"], true);
  EXPECT_EQ(ids(ask({{"after", change}, {"query", "name=late"}}).body), (Ids{"01"}));
  EXPECT_EQ(ids(ask({{"after", std::to_string(second["change"].get<uint64_t>())}}).body), (Ids{}));
  const json one = ask({{"after", change}, {"limit", "1"}}).body;
  EXPECT_EQ(one["complete"], false);
  EXPECT_EQ(one["next"], nullptr);
}

TEST_F(TracesTest, ADamagedTraceIsPassedOver) {
  add(1);
  add(2);
  store_.damaged.insert(2);
  const QueryAnswer answer = ask({{"query", "number>0"}});
  EXPECT_EQ(ids(answer.body), (Ids{"01"}));
  EXPECT_EQ(answer.body["unreadable"], 1);
  EXPECT_EQ(show_trace(store_, id_text(2)).status, 500);
}

TEST_F(TracesTest, WhatCannotBeUnderstoodIsSaidWithItsPlace) {
  const QueryAnswer answer = ask({{"query", "name=\xF0\x9F\x98\x80 duration>fast"}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body["position"], 17);  // UTF-16: the face counts two
  EXPECT_EQ(answer.body["length"], 4);
  EXPECT_NE(answer.body["error"].get<std::string>().find("duration"), std::string::npos);
  for (const auto& [name, value] : std::map<std::string, std::string>{{"limit", "0"},
                                                                      {"limit", "2001"},
                                                                      {"since", "yesterday"},
                                                                      {"until", "5x"},
                                                                      {"before", "17"},
                                                                      {"after", "-1"},
                                                                      {"query", "\xFF"}}) {
    const QueryAnswer refused = ask({{name, value}});
    EXPECT_EQ(refused.status, 400) << name;
    EXPECT_NE(refused.body["error"].get<std::string>().find(name), std::string::npos) << name;
  }
  EXPECT_EQ(ask({{"before", "1.1"}, {"after", "1"}}).status, 400);
  EXPECT_EQ(ask({{"since", "5m"}, {"until", "10m"}}).status, 400);
}

TEST_F(TracesTest, ATraceIsShownWithAllThatItsSpansHold) {
  TraceMaker trace(9);
  trace.add("web", "GET /", SpanKind::kServer, 0, 100);
  trace.set("big", int64_t{1} << 60).set("yes", true).set("half", 0.5);
  const std::string_view list[] = {"a", "b"};
  Span& root = trace.add("web", "ask", SpanKind::kClient, 5, 50, 1);
  root.trace_state = "a=b";
  trace.set("list", std::span<const std::string_view>(list)).error("no answer");
  trace.add("cart", "answer", SpanKind::kServer, 10, 20, 2);
  SpanList spans = trace.take();
  Event& event = spans.spans[1].events.emplace_back();
  event.time_unix_ns = kTraceStart + 7 * kMillisecond;
  event.name = "retry";
  Link& link = spans.spans[1].links.emplace_back();
  link.trace_id = testing::trace_number(8);
  link.span_id = testing::span_number(3);
  spans.spans[1].dropped_events = 2;
  store_.add(std::move(spans));

  const QueryAnswer answer = show_trace(store_, id_text(9));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json& body = answer.body;
  EXPECT_EQ(body["duration_ns"], 100 * kMillisecond);
  EXPECT_EQ(body["errors"], 1);
  EXPECT_EQ(body["services"], json({"cart", "web"}));
  EXPECT_EQ(body["resources"][1]["service.name"], "cart");
  ASSERT_EQ(body["spans"].size(), 3u);
  EXPECT_EQ(body["spans"][0]["parent_span_id"], nullptr);
  EXPECT_EQ(body["spans"][0]["attributes"],
            json({{"big", "1152921504606846976"}, {"yes", true}, {"half", 0.5}}));
  EXPECT_FALSE(body["spans"][0].contains("status_message"));
  EXPECT_FALSE(body["spans"][0].contains("events"));
  EXPECT_EQ(body["spans"][0]["peer"], nullptr);
  const json& span = body["spans"][1];
  EXPECT_EQ(span["parent_span_id"], body["spans"][0]["span_id"]);
  EXPECT_EQ(span["start_ns"], 5 * kMillisecond);
  EXPECT_EQ(span["duration_ns"], 50 * kMillisecond);
  EXPECT_EQ(span["status_message"], "no answer");
  EXPECT_EQ(span["trace_state"], "a=b");
  EXPECT_EQ(span["attributes"]["list"], json({"a", "b"}));
  EXPECT_EQ(span["peer"], json({{"kind", "service"}, {"system", ""}, {"name", "cart"}}));
  EXPECT_EQ(span["events"][0]["time_ns"], 7 * kMillisecond);
  EXPECT_EQ(span["links"][0]["trace_id"], id_text(8));
  EXPECT_EQ(span["dropped_events"], 2);
  EXPECT_FALSE(span.contains("dropped_links"));
  EXPECT_EQ(body["spans"][2]["resource"], 1);
}

TEST_F(TracesTest, TheBeginningOfAnIdWillDoWhereItNamesOneTrace) {
  add(1);
  EXPECT_EQ(show_trace(store_, "A0000000").body["trace_id"], id_text(1));
  add(2);
  EXPECT_EQ(show_trace(store_, "a0000000").status, 400);
  EXPECT_EQ(show_trace(store_, "b0000000").status, 404);
  EXPECT_EQ(show_trace(store_, id_text(3)).status, 404);
  EXPECT_EQ(show_trace(store_, "a000000").status, 400);
  EXPECT_EQ(show_trace(store_, "not hex!").status, 400);
  EXPECT_EQ(show_trace(store_, id_text(1) + "0").status, 400);
  EXPECT_EQ(show_trace(store_, "").status, 400);
}

TEST_F(TracesTest, ATraceIsExportedAsOtlpJson) {
  add(1);
  const QueryAnswer answer = export_trace(store_, id_text(1));
  ASSERT_EQ(answer.status, 200);
  const json& resources = answer.body["resourceSpans"];
  ASSERT_EQ(resources.size(), 2u);
  EXPECT_EQ(resources[0]["scopeSpans"][0]["spans"][0]["traceId"], id_text(1));
  EXPECT_EQ(export_trace(store_, id_text(2)).status, 404);
}

TEST_F(TracesTest, TheTypicalTraceIsNearestToTheMedianOfItsKind) {
  for (const uint64_t i : {1, 2, 3, 4, 5}) add(i, static_cast<double>(i * i * 10));
  TraceMaker other(6, kTraceStart + 6 * kSecond);
  other.add("web", "POST /", SpanKind::kServer, 0, 90);
  store_.add(other.take());
  json body = find_typical(store_, id_text(5)).body;
  EXPECT_EQ(body["trace_id"], id_text(3));
  EXPECT_EQ(body["traces"], 5);
  EXPECT_EQ(body["median_ns"], 90 * kMillisecond);
  EXPECT_EQ(find_typical(store_, id_text(3)).body["trace_id"], id_text(2));
  body = find_typical(store_, id_text(6)).body;
  EXPECT_EQ(body["trace_id"], nullptr);
  EXPECT_EQ(body["traces"], 1);
}

TEST_F(TracesTest, WhateverASpanHoldsTheAnswerIsUtf8) {
  TraceMaker trace(1);
  trace.add("w\xFF", "\xC3\x28<script>\x01", SpanKind::kServer, 0, 1);
  const std::string megabyte(1 << 20, '\xE2');
  trace.set("\xF0\x9F", std::string_view(megabyte)).set("\xF0\x9F", "twice");
  trace.set("nan", std::numeric_limits<double>::quiet_NaN());
  trace.error("\x80");
  store_.add(trace.take());
  for (const QueryAnswer& answer :
       {ask({}), ask({{"query", "script"}}), show_trace(store_, id_text(1)),
        export_trace(store_, id_text(1))}) {
    ASSERT_EQ(answer.status, 200);
    EXPECT_NO_THROW({
      const std::string text = answer.body.dump();
      EXPECT_TRUE(json::accept(text));
    });
  }
  EXPECT_EQ(show_trace(store_, id_text(1)).body["spans"][0]["attributes"]["nan"], "NaN");
}

TEST_F(TracesTest, ATraceBeyondTheLimitsIsCutAndSaysSo) {
  TraceMaker trace(1);
  for (uint64_t i = 0; i < 10; ++i) {
    trace.add("web", "step", SpanKind::kInternal, static_cast<double>(i), 1, i);
    trace.set("text", std::string(1000, 'x'));
  }
  trace.error();
  store_.add(trace.take());
  const auto shown = [&](const TraceLimits& limits) {
    const json body = show_trace(store_, id_text(1), limits).body;
    EXPECT_EQ(body["span_count"], 10) << "of all";
    EXPECT_EQ(body["errors"], 1) << "of all";
    EXPECT_EQ(body["duration_ns"], 10 * testing::kMillisecond) << "of all";
    EXPECT_EQ(body["complete"], body["spans"].size() == 10);
    const bool exported = export_trace(store_, id_text(1), limits).status == 200;
    EXPECT_EQ(exported, body["complete"]) << "a file is whole, or there is none";
    return body["spans"].size();
  };
  EXPECT_EQ(shown({}), 10u);
  EXPECT_EQ(shown({.spans = 10}), 10u);
  EXPECT_EQ(shown({.spans = 9}), 9u);
  EXPECT_EQ(shown({.bytes = 20'000}), 10u);
  EXPECT_EQ(shown({.bytes = 6000}), 4u);
  EXPECT_EQ(shown({.bytes = 1}), 1u);
}

TEST_F(TracesTest, LargeAnswersWaitForEachOther) {
  TraceMaker trace(1);
  for (uint64_t i = 0; i < 10'001; ++i)
    trace.add("web", "step", SpanKind::kInternal, 0, 1, i == 0 ? 0 : 1);
  store_.add(trace.take());
  QueryAnswer first = show_trace(store_, id_text(1));
  ASSERT_NE(first.turn, nullptr);
  std::atomic<bool> answered = false;
  std::thread other([&] {
    const std::shared_ptr<const void> turn = take_turn(10'001);
    answered = true;
  });
  EXPECT_EQ(take_turn(10'000), nullptr) << "a small one waits for nobody";
  EXPECT_FALSE(answered);
  first = {};
  other.join();
  EXPECT_TRUE(answered);
}

TEST_F(TracesTest, ATraceOfAHundredThousandSpansIsShownWhole) {
  TraceMaker trace(1);
  for (uint64_t i = 0; i < 100'000; ++i) {
    trace.add("web", "step", SpanKind::kInternal, static_cast<double>(i), 1, i == 0 ? 0 : 1);
    trace.set("number", static_cast<int64_t>(i));
  }
  store_.add(trace.take());
  const json body = show_trace(store_, id_text(1)).body;
  EXPECT_EQ(body["spans"].size(), 100'000u);
  EXPECT_EQ(body["complete"], true);
  EXPECT_EQ(found("number=99999"), (Ids{"01"}));
}

}  // namespace
}  // namespace seamtrace::collector::traces
