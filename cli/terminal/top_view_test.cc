#include "cli/terminal/top_view.h"

#include <gtest/gtest.h>

#include "cli/terminal/operation_table.h"
#include "cli/terminal/text_width.h"

namespace seamtrace::cli {
namespace {

using nlohmann::json;
using Effect = TopView::Effect;

json operations() {
  return {{{"service", "web"},
           {"name", "GET /cart"},
           {"kind", "server"},
           {"count", 100u},
           {"errors", 0u},
           {"rate", 1.5},
           {"p50_ns", 1'000'000u}},
          {{"service", "stock"},
           {"name", "\x1b[2JSELECT"},
           {"kind", "client"},
           {"count", 10u},
           {"errors", 5u},
           {"rate", 0.2},
           {"peer", {{"name", "postgresql shop"}}}}};
}

std::string all(const TopView& view, const Style& style, const json& of = operations()) {
  std::string out;
  for (const std::string& line : view.lines(of, "", style)) out += line + "\n";
  return out;
}

void type(TopView& view, const std::string& keys) {
  for (const char key : keys) view.press(key);
}

TEST(TopView, KeysChangeWhatIsShown) {
  TopView view("total", "collector 1", "60s");
  EXPECT_EQ(view.press('x'), Effect::kNothing);
  EXPECT_EQ(view.press('s'), Effect::kAskAgain);
  EXPECT_EQ(view.sort(), "count");
  type(view, "sss");
  EXPECT_EQ(view.sort(), "total");
  EXPECT_EQ(view.press('e'), Effect::kRedraw);
  EXPECT_EQ(view.chosen(operations()).size(), 1u);
  EXPECT_EQ(view.press('q'), Effect::kQuit);
}

TEST(TopView, AFilterIsTypedCorrectedAndTakenAway) {
  TopView view("total", "collector 1", "60s");
  type(view, "/CArx\x7f");
  EXPECT_EQ(view.press('q'), Effect::kRedraw);  // a letter of the filter
  type(view, "\x7ft\r");
  ASSERT_EQ(view.chosen(operations()).size(), 1u);
  EXPECT_EQ(view.chosen(operations())[0]["service"], "web");
  EXPECT_NE(all(view, {}).find("[filter: CArt"), std::string::npos);
  view.press('\x1b');
  EXPECT_EQ(view.chosen(operations()).size(), 2u);
}

TEST(TopView, FillsTheTerminalAndNoMore) {
  TopView view("total", "collector 1", "60s");
  json many = json::array();
  for (int i = 0; i < 100; ++i) many.push_back(operations()[1]);
  for (const size_t height : {3u, 10u, 50u}) {
    Style style;
    style.width = 70;
    style.height = height;
    const auto lines = view.lines(many, "", style);
    EXPECT_EQ(lines.size(), height);
    for (const std::string& line : lines) EXPECT_LE(text_width(line), 80u) << line;
  }
}

TEST(TopView, HostileNamesAndFaultsCannotDriveTheTerminal) {
  TopView view("total", "collector 1", "60s");
  for (const std::string& line : view.lines(operations(), "bad \x1b[2J", {}))
    EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
  for (const json& odd : {json(), json{1, "x"}, json::object()})
    EXPECT_FALSE(all(view, {}, odd).empty());
}

TEST(Rates, AreGivenInThreeDigits) {
  EXPECT_EQ(rate_text(0), "0.00");
  EXPECT_EQ(rate_text(0.0008), "<0.001");
  EXPECT_EQ(rate_text(0.025), "0.025");
  EXPECT_EQ(rate_text(0.25), "0.25");
  EXPECT_EQ(rate_text(12.34), "12.3");
  EXPECT_EQ(rate_text(830.4), "830");
  EXPECT_EQ(rate_text(12'400), "12.4k");
  EXPECT_EQ(share_text(0, 10), "-");
  EXPECT_EQ(share_text(1, 40), "2.5%");
  EXPECT_EQ(share_text(1, 10'000), "<0.1%");
}

}  // namespace
}  // namespace seamtrace::cli
