#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/command_line_parts.h"
#include "cli/question_commands.h"
#include "cli/serving.h"
#include "collector/export/otlp/endpoint.h"
#include "collector/export/text.h"

namespace seamtrace::cli {

namespace {

using collector::append_printable;

constexpr char kAbout[] =
    "Distributed traces of unmodified native services: no source change, no root.\n";

constexpr char kExamples[] =
    "\nExamples:\n"
    "  seamtrace run -- ./my-server --port 8080     trace a program, see it on a web page\n"
    "  seamtrace run --endpoint http://localhost:4318 -- ./my-server\n"
    "  seamtrace traces status=error --since 15m    find traces; 'trace ID' shows one\n"
    "  seamtrace doctor ./my-server                 can it be traced?\n"
    "  seamtrace COMMAND --help                     more about a command\n"
    "  seamtrace help environment                   every variable that is understood\n";

constexpr char kRunExamples[] =
    "\nThe program's input, output, signals and exit code are passed through. Without an endpoint\n"
    "(option or OTEL_EXPORTER_OTLP_ENDPOINT) traces are kept in a file and shown on a web page,\n"
    "whose address is printed at the start.\n"
    "\nExamples:\n"
    "  seamtrace run -- ./my-server --port 8080\n"
    "  seamtrace run --service shop --endpoint http://localhost:4318 -- ./my-server\n"
    "  seamtrace run --console -- ./my-server       traces as trees on stderr\n"
    "  seamtrace run --quiet --json -- python3 app.py 2> spans.jsonl\n"
    "\nExit codes: the program's own, and its signal. 127: there is no such program. 126: it "
    "cannot\n"
    "be executed. 2: the command line is wrong.\n";

constexpr char kCollectorExamples[] =
    "\nServes every traced process of this user until SIGTERM or SIGINT, then exports what is "
    "left.\n"
    "\nExamples:\n"
    "  OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 seamtrace collector\n"
    "  seamtrace collector --receive      takes OTLP too; traces on the web page\n"
    "  seamtrace collector --console      traces as trees on stdout\n"
    "  seamtrace collector --json | jq .  one JSON object a span\n";

constexpr char kViewExamples[] =
    "\nLooks at what was kept, without collecting anything. A running collector shows its traces "
    "itself.\n"
    "\nExamples:\n"
    "  seamtrace view\n"
    "  seamtrace view traces.db --listen 127.0.0.1:8000\n";

constexpr char kStatusExamples[] =
    "\nExamples:\n"
    "  seamtrace status\n"
    "  seamtrace status --json | jq '.processes[].counters'\n";

constexpr char kDoctorExamples[] =
    "\nExit codes: 0 it can be traced, 1 it cannot, 126 it cannot be executed, 127 it is missing.\n"
    "\nExamples:\n"
    "  seamtrace doctor ./my-server\n"
    "  seamtrace doctor nginx --json\n";

struct Everything {
  CLI::App app{kAbout, "seamtrace"};
  RunOptions run;
  CollectorCommandOptions collector;
  ViewOptions view;
  StatusOptions status;
  DoctorOptions doctor;
  QuestionCommands questions;
  std::string help_topic;
  CLI::App *run_command = nullptr, *collector_command = nullptr, *view_command = nullptr,
           *status_command = nullptr, *doctor_command = nullptr, *version_command = nullptr,
           *help_command = nullptr;
};

struct RunFormatter : CLI::Formatter {
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: seamtrace run [OPTIONS] -- PROGRAM [ARGUMENTS]\n";
  }
};

/// Null when there is none of that name.
CLI::App* find_command(CLI::App& app, const std::string& name) {
  const auto found = app.get_subcommands([&](CLI::App* each) { return each->get_name() == name; });
  return found.empty() ? nullptr : found[0];
}

void add_serving_options(CLI::App& command, ServingOptions& options) {
  command.add_option("--store", options.store, "File to keep the traces in, as SEAMTRACE_STORE")
      ->type_name("FILE");
  command
      .add_option("--listen", options.listen,
                  "Address of the web viewer, as SEAMTRACE_VIEWER (default 127.0.0.1:4380); off: "
                  "none")
      ->type_name("ADDRESS:PORT");
  command.add_flag("--receive", options.receive,
                   "Receive OTLP on 127.0.0.1, ports 4317 (gRPC) and 4318 (HTTP), or where "
                   "SEAMTRACE_RECEIVE_* say");
}

void declare(Everything& all) {
  all.app.allow_extras();
  all.app.footer(kExamples);
  all.app.require_subcommand(0, 1);

  all.run_command = add_command(all.app, "run", "Start a program and trace it", kRunExamples);
  all.run_command->formatter(std::make_shared<RunFormatter>());
  all.run_command->add_flag("--quiet,-q", all.run.quiet, "Say nothing on stderr but errors");
  all.run_command->add_flag("--json", all.run.json, "Print spans as JSON lines on stderr");
  all.run_command->add_flag("--console", all.run.console,
                            "Print traces also when they are exported");
  all.run_command
      ->add_option("--endpoint", all.run.endpoint,
                   "Address of an OTLP receiver, e.g. http://localhost:4318")
      ->type_name("URL");
  all.run_command->add_option("--service", all.run.service, "Name of the service")
      ->type_name("NAME");

  add_serving_options(*all.run_command, all.run.serving);

  all.collector_command =
      add_command(all.app, "collector", "Collect and export the spans of every traced process",
                  kCollectorExamples);
  all.collector_command->add_flag("--console", all.collector.console, "Print traces on stdout");
  all.collector_command->add_flag("--json", all.collector.json,
                                  "Print spans on stdout, one JSON object a line");
  all.collector_command
      ->add_option("--endpoint", all.collector.endpoint,
                   "Address of an OTLP receiver, e.g. http://localhost:4318")
      ->type_name("URL");
  all.collector_command
      ->add_option("--dir", all.collector.directory,
                   "Directory of the shared memory, as SEAMTRACE_DIR (default /dev/shm)")
      ->type_name("BASE");

  add_serving_options(*all.collector_command, all.collector.serving);

  all.view_command =
      add_command(all.app, "view", "Show the traces of a store file in the browser", kViewExamples);
  all.view_command->add_option("store", all.view.store, "The file (default: as SEAMTRACE_STORE)")
      ->type_name("FILE");
  all.view_command
      ->add_option("--listen", all.view.listen, "Address of the page (default 127.0.0.1:4380)")
      ->type_name("ADDRESS:PORT");
  all.view_command
      ->add_option("--idle-minutes", all.view.idle_minutes,
                   "End so long after the last look (default: never)")
      ->type_name("N")
      ->check(CLI::Range(1, 100000));

  all.questions.declare(all.app);

  all.status_command =
      add_command(all.app, "status", "Show traced processes, losses and the health of exporters",
                  kStatusExamples);
  all.status_command->add_flag("--json", all.status.json, "Print it as JSON");

  all.doctor_command =
      add_command(all.app, "doctor", "Tell whether a program can be traced", kDoctorExamples);
  all.doctor_command->add_option("program", all.doctor.program, "Path, or name within PATH")
      ->type_name("PROGRAM");
  all.doctor_command->add_flag("--json", all.doctor.json, "Print it as JSON");

  all.version_command = add_command(all.app, "version", "Print the version", "");
  all.help_command = add_command(all.app, "help", "Explain a command, or `environment`", "");
  all.help_command->add_option("topic", all.help_topic, "A command, or `environment`")
      ->type_name("TOPIC");
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names{"--help"};
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

Parsed unexpected(const std::string& word, CLI::App& command, CLI::App& app) {
  const bool is_option = word.starts_with("-");
  const bool is_command = !is_option && &command == &app;
  std::string sentence = is_option    ? "unknown option "
                         : is_command ? "unknown command "
                                      : "unexpected argument ";
  sentence += in_quotes(word);
  if (is_option) sentence += did_you_mean(word.substr(0, word.find('=')), option_names(command));
  if (is_command) sentence += did_you_mean(word, command_names(app));
  return failure(sentence, &command);
}

/// Everything of `run` from the program on is the program's, whatever it looks like.
std::vector<std::string> split_off_program(const std::vector<std::string>& arguments,
                                           std::vector<std::string>& program) {
  if (arguments.empty() || arguments[0] != "run") return arguments;
  size_t i = 1;
  for (; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--") {
      program.assign(arguments.begin() + static_cast<ptrdiff_t>(i) + 1, arguments.end());
      break;
    }
    if (!word.starts_with("-")) {
      program.assign(arguments.begin() + static_cast<ptrdiff_t>(i), arguments.end());
      break;
    }
    constexpr std::string_view kWithValue[] = {"--endpoint", "--service", "--store", "--listen"};
    if (std::ranges::find(kWithValue, word) != std::end(kWithValue)) ++i;
  }
  return {arguments.begin(),
          arguments.begin() + static_cast<ptrdiff_t>(std::min(i, arguments.size()))};
}

/// CLI11 takes the next word for the value of `--store=`; a script that writes --store="$UNSET"
/// shall hear of it instead.
std::optional<Parsed> check_empty_values(const std::vector<std::string>& words,
                                         const CLI::App* command) {
  for (const std::string& word : words) {
    if (word == "--") break;
    if (word.starts_with("--") && word.ends_with("="))
      return failure(word.substr(0, word.size() - 1) + ": a value is missing after '='", command);
  }
  return {};
}

std::optional<Parsed> check_endpoint(const std::string& endpoint, const CLI::App* command) {
  if (command->count("--endpoint") == 0) return {};
  const auto parsed = collector::parse_base_endpoint(endpoint);
  if (parsed.valid()) return {};
  std::string sentence = "--endpoint: ";
  append_printable(sentence, parsed.error);
  return failure(sentence, command);
}

std::optional<Parsed> check_listen(const std::string& listen, const CLI::App* command) {
  collector::Configuration::Environment ignored;
  const auto error = apply_serving(ServingOptions{"", listen, false}, ignored);
  if (!error) return {};
  std::string sentence;
  append_printable(sentence, error->message);
  return failure(sentence, command);
}

Parsed help_about(Everything& all) {
  // Not help(): that is about the command that was parsed, which is `help` itself.
  if (all.help_topic.empty())
    return {{}, 0, all.app.get_formatter()->make_help(&all.app, "", CLI::AppFormatMode::Normal)};
  if (all.help_topic == "environment") return {HelpEnvironmentOptions{}, 0, {}};
  if (const CLI::App* command = find_command(all.app, all.help_topic); command != nullptr)
    return {{}, 0, command->help()};
  std::vector<std::string> topics = command_names(all.app);
  topics.emplace_back("environment");
  return failure(
      "there is no help about " + in_quotes(all.help_topic) + did_you_mean(all.help_topic, topics),
      nullptr);
}

Parsed choose(Everything& all) {
  if (all.help_command->parsed()) return help_about(all);
  if (all.version_command->parsed()) return {VersionOptions{}, 0, {}};
  if (all.status_command->parsed()) return {all.status, 0, {}};
  if (auto question = all.questions.choose()) return *question;
  if (all.view_command->parsed()) {
    if (auto bad = check_listen(all.view.listen, all.view_command)) return *bad;
    return {all.view, 0, {}};
  }
  if (all.doctor_command->parsed()) {
    if (all.doctor.program.empty())
      return failure("doctor: which program? Name it, as in 'seamtrace doctor ./my-server'",
                     all.doctor_command);
    return {all.doctor, 0, {}};
  }
  if (all.collector_command->parsed()) {
    if (auto bad = check_endpoint(all.collector.endpoint, all.collector_command)) return *bad;
    if (auto bad = check_listen(all.collector.serving.listen, all.collector_command)) return *bad;
    if (!all.collector.directory.empty() && all.collector.directory[0] != '/')
      return failure("--dir: " + in_quotes(all.collector.directory) + " is not an absolute path",
                     all.collector_command);
    return {all.collector, 0, {}};
  }
  if (all.run_command->parsed()) {
    if (auto bad = check_endpoint(all.run.endpoint, all.run_command)) return *bad;
    if (auto bad = check_listen(all.run.serving.listen, all.run_command)) return *bad;
    if (all.run.command.empty() || all.run.command[0].empty())
      return failure(
          "run: which program? Name it after '--', as in "
          "'seamtrace run -- ./my-server --port 8080'",
          all.run_command);
    return {all.run, 0, {}};
  }
  return {{}, kExitUsage, all.app.help()};
}

}  // namespace

Parsed parse_command_line(const std::vector<std::string>& arguments) {
  Everything all;
  declare(all);
  std::vector<std::string> words =
      all.questions.split_off_query(split_off_program(arguments, all.run.command));
  if (words == std::vector<std::string>{"--version"}) return {VersionOptions{}, 0, {}};
  CLI::App* command = &all.app;
  if (!words.empty())
    if (CLI::App* named = find_command(all.app, words[0]); named != nullptr) command = named;
  if (auto bad = check_empty_values(words, command)) return *bad;
  std::ranges::reverse(words);  // as CLI11 wants them
  try {
    all.app.parse(words);
  } catch (const CLI::CallForHelp&) {
    return {{}, 0, command->help()};
  } catch (const CLI::ParseError& error) {
    std::string what;
    append_printable(what, error.what());
    return failure(what, command);
  }
  if (const auto extras = all.app.remaining(true); !extras.empty())
    return unexpected(extras[0], *command, all.app);
  return choose(all);
}

}  // namespace seamtrace::cli
