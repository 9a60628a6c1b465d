#include "cli/terminal/control_change.h"

#include <gtest/gtest.h>

#include "cli/control_wish.h"

namespace seamtrace::cli {
namespace {

using nlohmann::json;

json process(uint64_t pid, const char* service, const char* executable, bool tracing = true,
             double ratio = 1) {
  return {{"pid", pid},         {"service", service}, {"executable", executable}, {"alive", true},
          {"tracing", tracing}, {"ratio", ratio},     {"sampler", "traceidratio"}};
}

json status(json processes) { return {{"ok", true}, {"processes", std::move(processes)}}; }

TEST(ControlWish, ARatioBringsASamplerThatHeedsIt) {
  const auto wish = parse_control_wish({"tracing=off", "sampling=0.1"});
  ASSERT_TRUE(wish);
  EXPECT_EQ(wish->tracing, false);
  EXPECT_EQ(wish->ratio, 0.1);
  EXPECT_EQ(wish->sampler, "parentbased_traceidratio");
  EXPECT_EQ(parse_control_wish({"sampler=traceidratio", "sampling=1"})->sampler, "traceidratio");
}

TEST(ControlWish, BadWordsAreAnsweredWithTheNearest) {
  const auto says = [](const char* change, const char* part) {
    const auto wish = parse_control_wish({change});
    return !wish && wish.error().message.find(part) != std::string::npos;
  };
  EXPECT_TRUE(says("tracin=on", "did you mean 'tracing'?"));
  EXPECT_TRUE(says("sampler=alwys_on", "did you mean 'always_on'?"));
  EXPECT_TRUE(says("tracing=offf", "did you mean 'off'?"));
  EXPECT_TRUE(says("sampling=2", "from 0 to 1"));
  EXPECT_TRUE(says("sampling=x", "from 0 to 1"));
  EXPECT_TRUE(says("off", "tracing=off"));
  EXPECT_TRUE(says("\x1b=1", "\\x1b"));
  EXPECT_FALSE(parse_control_wish({"sampler=always_on", "sampling=0.5"}));
}

TEST(ProcessesNamed, ByPidServiceAndExecutable) {
  json ended = process(3, "shop", "/usr/bin/shop");
  ended["alive"] = false;
  const json all =
      status({process(1, "shop", "/usr/bin/shop"), process(2, "shop", "/usr/bin/other"), ended});
  EXPECT_EQ(processes_named(all, "1").size(), 1u);
  EXPECT_EQ(processes_named(all, "shop").size(), 2u);
  EXPECT_EQ(processes_named(all, "other").size(), 1u);
  EXPECT_EQ(processes_named(all, "/usr/bin/other").size(), 1u);
  EXPECT_TRUE(processes_named(all, "3").empty());
  EXPECT_NE(no_such_process(all, "shpo").find("did you mean 'shop'?"), std::string::npos);
  EXPECT_NE(no_such_process(status({}), "x").find("no process is traced"), std::string::npos);
}

TEST(ControlChanges, SayWhatWasAndWhatIs) {
  const auto changes = control_changes({process(1, "sh\x1bop", "x")},
                                       status({process(1, "shop", "x", false, 0.1)}), {{1, ""}});
  EXPECT_EQ(changes.text,
            "1 sh\\x1bop: tracing on -> off, sampler traceidratio 1 -> traceidratio 0.1\n");
  EXPECT_FALSE(changes.failed);
  EXPECT_EQ(changes.as_json["processes"][0]["after"]["tracing"], false);
}

TEST(ControlChanges, OneThatEndedMeanwhileIsAFailure) {
  const auto changes = control_changes({process(1, "a", "x"), process(2, "b", "y")},
                                       status({process(2, "b", "y")}), {{1, ""}, {2, ""}});
  EXPECT_TRUE(changes.failed);
  EXPECT_NE(changes.text.find("2 processes fit:\n1 a: it has ended meanwhile\n2 b: tracing on"),
            std::string::npos)
      << changes.text;
}

}  // namespace
}  // namespace seamtrace::cli
