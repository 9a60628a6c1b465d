#include "cli/terminal/waterfall.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cli/terminal/span_tree.h"
#include "cli/terminal/text_width.h"

namespace seamtrace::cli {
namespace {

using nlohmann::json;

json span(const char* id, const char* parent, const char* service, const char* name,
          uint64_t start_ms, uint64_t duration_ms, const char* kind = "server") {
  json out = {{"span_id", id},
              {"name", name},
              {"kind", kind},
              {"service", service},
              {"start_ns", start_ms * 1'000'000},
              {"duration_ns", duration_ms * 1'000'000},
              {"status", "unset"},
              {"attributes", json::object()}};
  if (*parent != '\0') out["parent_span_id"] = parent;
  return out;
}

json trace(json spans) {
  return {{"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"},
          {"start_us", 0u},
          {"duration_ns", 100'000'000u},
          {"errors", 0u},
          {"spans", std::move(spans)}};
}

json shop() {
  json failed = span("3", "2", "stock", "GET /items", 30, 40);
  failed["status"] = "error";
  failed["status_message"] = "no connection";
  failed["attributes"] = {{"http.response.status_code", 503u}};
  return trace({span("1", "", "web", "GET /cart", 0, 100),
                span("2", "1", "web", "GET", 20, 60, "client"), failed,
                span("4", "1", "web", "log", 0, 10, "internal")});
}

Style style(bool unicode, size_t width = 80) {
  Style out;
  out.unicode = unicode;
  out.width = width;
  return out;
}

/// Without the head, which names a local time.
std::string body(const std::string& text) { return text.substr(text.find('\n') + 1); }

TEST(Waterfall, BarsAreSolidWhereTheTraceWaited) {
  EXPECT_EQ(body(waterfall(shop(), {}, style(false))),
            "                                          0                  50.0 ms      100 ms\n"
            "< web  GET /cart                  100 ms  ----####----------------------########\n"
            "|- * log                         10.0 ms  ####\n"
            "`- > GET                         60.0 ms         ####----------------####\n"
            "   `- < stock  GET /items  503   40.0 ms             ################\n"
            "           error: no connection\n");
}

TEST(Waterfall, NoLineIsWiderThanTheTerminal) {
  for (const size_t width : {30u, 50u, 80u, 200u}) {
    Style terminal = style(true, width);
    terminal.terminal = true;
    const std::string text = body(waterfall(shop(), {true}, terminal));
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = text.find('\n', begin);
      EXPECT_LE(text_width(text.substr(begin, end - begin)), width) << text;
      begin = end + 1;
    }
  }
}

TEST(Waterfall, WithoutUtf8NothingButAscii) {
  json named = shop();
  named["spans"][0]["name"] = "GET /caf\xc3\xa9";
  const std::string text = waterfall(named, {true}, style(false));
  for (const char c : text) EXPECT_LT(static_cast<unsigned char>(c), 0x80) << text;
  EXPECT_NE(text.find("GET /caf?"), std::string::npos);
}

TEST(Waterfall, ATraceThatWasCutSaysSo) {
  json cut = shop();
  cut["span_count"] = 4u;
  EXPECT_EQ(waterfall(cut, {}, style(false)).find("only"), std::string::npos);
  cut["span_count"] = 1'170'000u;
  EXPECT_NE(waterfall(cut, {}, style(false)).find("4 spans  only the first of 1170000"),
            std::string::npos);
}

TEST(Waterfall, ErrorsSayWhyAndAreRed) {
  Style colourful = style(true);
  colourful.colour = true;
  const std::string text = waterfall(shop(), {}, colourful);
  EXPECT_NE(text.find("\x1b[31merror: no connection\x1b[0m"), std::string::npos) << text;
  EXPECT_EQ(waterfall(shop(), {}, style(true)).find('\x1b'), std::string::npos);
}

TEST(Waterfall, HostileSpansCannotDriveTheTerminal) {
  json hostile = shop();
  for (json& each : hostile["spans"]) {
    for (const char* key : {"name", "service", "span_id", "status_message"})
      each[key] = "\x1b[2J\x07\xc2\x9b\n" + std::string(1'000'000, 'x');
    each["attributes"] = {{"\x1b]0;x\x07", "\x1b[31m"}, {"url.path", "/\r\x1b[A"}};
    each["status"] = "error";
    each["events"] = {{{"name", "\x1b[H"}, {"attributes", {{"a\n", "\x9b"}}}}};
  }
  const std::string text = waterfall(hostile, {true}, style(true));
  for (const char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
}

TEST(Waterfall, OddAnswersAreSurvived) {
  for (const json& odd : {json(), json::object(), json{{"spans", 7}}, json{{"spans", {1, "x"}}},
                          trace({span("1", "2", "a", "x", 0, 1), span("2", "1", "a", "y", 0, 1)})})
    EXPECT_FALSE(waterfall(odd, {true}, style(true)).empty());
}

TEST(SpanTree, CirclesAndLostParentsGiveRoots) {
  const json circle = trace({span("1", "2", "a", "x", 5, 1), span("2", "1", "a", "y", 0, 9),
                             span("3", "gone", "a", "z", 1, 1), span("4", "4", "a", "self", 2, 1)});
  const auto lines = span_tree(circle);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(std::ranges::count_if(lines, [](const SpanLine& l) { return l.depth == 0; }), 3);
}

TEST(SpanTree, ThePathsOwnPartsAddUpToTheTracesDuration) {
  uint64_t sum = 0;
  const json answer = shop();
  for (const SpanLine& line : span_tree(answer))
    for (const auto& [from, to] : line.path) sum += to - from;
  EXPECT_EQ(sum, 100'000'000u);
}

TEST(SpanTree, AChainOfParentsAsLongAsTheTraceIsNoRecursion) {
  json spans = json::array();
  for (int i = 0; i < 20'000; ++i)
    spans.push_back(span(std::to_string(i + 1).c_str(), i == 0 ? "" : std::to_string(i).c_str(),
                         "a", "x", 0, 100));
  const json answer = trace(std::move(spans));
  EXPECT_EQ(span_tree(answer).back().depth, 19'999u);
  EXPECT_FALSE(waterfall(answer, {}, style(true)).empty());
}

}  // namespace
}  // namespace seamtrace::cli
