#include "cli/command_line.h"

#include <gtest/gtest.h>

#include "cli/help_environment.h"
#include "wire/configuration.h"

namespace seamtrace::cli {
namespace {

using Words = std::vector<std::string>;

template <typename Options>
Options accepted(const Words& words) {
  const Parsed parsed = parse_command_line(words);
  EXPECT_TRUE(parsed.command.has_value()) << parsed.text;
  if (!parsed.command || !std::holds_alternative<Options>(*parsed.command)) {
    ADD_FAILURE() << "another command";
    return {};
  }
  return std::get<Options>(*parsed.command);
}

std::string refused(const Words& words) {
  const Parsed parsed = parse_command_line(words);
  EXPECT_FALSE(parsed.command.has_value());
  EXPECT_EQ(parsed.exit_code, 2) << parsed.text;
  return parsed.text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CommandLine, WhatFollowsTheDashesBelongsToTheProgram) {
  const auto run = accepted<RunOptions>(
      {"run", "--quiet", "--service", "shop", "--", "./server", "--port", "80", "--", "--help"});
  EXPECT_TRUE(run.quiet);
  EXPECT_EQ(run.service, "shop");
  EXPECT_EQ(run.command, (Words{"./server", "--port", "80", "--", "--help"}));
}

TEST(CommandLine, DashesMayBeLeftOutBeforeAProgramsName) {
  const auto run = accepted<RunOptions>({"run", "--endpoint", "http://h:1", "./server", "--quiet"});
  EXPECT_FALSE(run.quiet);
  EXPECT_EQ(run.endpoint, "http://h:1");
  EXPECT_EQ(run.command, (Words{"./server", "--quiet"}));
  EXPECT_EQ(accepted<RunOptions>({"run", "--endpoint=http://h", "-q", "x"}).command, Words{"x"});
}

TEST(CommandLine, OtherCommandsAreUnderstood) {
  const auto collector =
      accepted<CollectorCommandOptions>({"collector", "--json", "--dir", "/tmp"});
  EXPECT_TRUE(collector.json);
  EXPECT_EQ(collector.directory, "/tmp");
  EXPECT_TRUE(accepted<StatusOptions>({"status", "--json"}).json);
  EXPECT_EQ(accepted<DoctorOptions>({"doctor", "nginx"}).program, "nginx");
  accepted<VersionOptions>({"version"});
  accepted<VersionOptions>({"--version"});
  accepted<HelpEnvironmentOptions>({"help", "environment"});
}

TEST(CommandLine, UnknownOptionsAreAnsweredWithTheNearest) {
  EXPECT_TRUE(contains(refused({"run", "--qiet", "--", "x"}), "did you mean '--quiet'?"));
  EXPECT_TRUE(contains(refused({"run", "--endpont=http://h", "--", "x"}), "'--endpoint'?"));
  EXPECT_TRUE(contains(refused({"status", "--jsno"}), "did you mean '--json'?"));
  EXPECT_FALSE(contains(refused({"run", "--frobnicate", "--", "x"}), "did you mean"));
}

TEST(CommandLine, UnknownCommandsAreAnsweredWithTheNearest) {
  EXPECT_TRUE(contains(refused({"colector"}), "did you mean 'collector'?"));
  EXPECT_TRUE(contains(refused({"stat"}), "did you mean 'status'?"));
  EXPECT_TRUE(contains(refused({"help", "enviroment"}), "did you mean 'environment'?"));
  EXPECT_TRUE(contains(refused({"version", "extra"}), "unexpected argument 'extra'"));
}

TEST(CommandLine, MissingPartsAreNamed) {
  EXPECT_TRUE(contains(refused({"run"}), "seamtrace run -- "));
  EXPECT_TRUE(contains(refused({"run", "--"}), "which program?"));
  EXPECT_TRUE(contains(refused({"run", "--", ""}), "which program?"));
  EXPECT_TRUE(contains(refused({"doctor"}), "which program?"));
  EXPECT_TRUE(contains(refused({"run", "--service"}), "--service"));
  EXPECT_TRUE(contains(refused({"run", "--store=", "--quiet", "--", "x"}), "--store: a value is"));
  EXPECT_TRUE(contains(refused({"traces", "--since=", "--json"}), "--since: a value is missing"));
  EXPECT_TRUE(contains(refused({}), "Usage"));
}

TEST(CommandLine, MalformedAddressesAreExplained) {
  EXPECT_TRUE(contains(refused({"run", "--endpoint", "localhost:4318", "--", "x"}),
                       "did you mean http://localhost:4318"));
  refused({"collector", "--endpoint", "ftp://h"});
  refused({"collector", "--endpoint", ""});
  refused({"collector", "--dir", "relative"});
}

TEST(CommandLine, HostileWordsCannotDriveTheTerminal) {
  EXPECT_FALSE(contains(refused({"run", "--\x1b[2J", "--", "x"}), "\x1b"));
  EXPECT_FALSE(contains(refused({"\x1b[2J\n"}), "\x1b"));
}

TEST(CommandLine, HelpIsEverywhereAndHasExamples) {
  for (const Words& words :
       {Words{"--help"}, Words{"run", "--help"}, Words{"collector", "--help"},
        Words{"status", "-h"}, Words{"doctor", "--help"}, Words{"help", "run"}, Words{"help"}}) {
    const Parsed parsed = parse_command_line(words);
    EXPECT_EQ(parsed.exit_code, 0);
    EXPECT_TRUE(contains(parsed.text, "Usage")) << words[0];
    EXPECT_TRUE(contains(parsed.text, "Examples:")) << words[0];
  }
}

TEST(CommandLine, NearestIsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest("xyz", {"--quiet", "--json"}), "");
  EXPECT_EQ(nearest(std::string(1000, 'x'), {"--quiet"}), "");
  EXPECT_EQ(nearest("--quite", {"--quiet", "--json"}), "--quiet");
}

TEST(HelpEnvironment, NamesEveryVariableOfTheTable) {
  const std::string help = environment_help();
  for (const wire::Option& option : wire::kOptions)
    EXPECT_TRUE(contains(help, "  " + std::string(option.name) + "=")) << option.name;
}

}  // namespace
}  // namespace seamtrace::cli
