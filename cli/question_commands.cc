#include "cli/question_commands.h"

#include <algorithm>

#include "cli/json_answer.h"
#include "cli/moment.h"

namespace seamtrace::cli {

namespace {

/// Of rows and tables: more than anybody reads.
constexpr int kMostNumber = 1'000'000;

constexpr char kTracesExamples[] =
    "\nQUERY: words that must all hold, such as service=gateway, 'duration>200ms', status=error,\n"
    "'http.response.status_code>=500', -peer=redis (a minus negates), or just text. Put what has\n"
    "spaces in double quotes within single ones: 'operation=\"GET /cart\"'.\n"
    "TIME: an age (90s, 15m, 2h, 7d), or a local time (14:30, 2026-01-31, 2026-01-31T14:30).\n"
    "\nExamples:\n"
    "  seamtrace traces\n"
    "  seamtrace traces service=gateway 'duration>200ms' --since 1d\n"
    "  seamtrace traces status=error --follow\n"
    "  seamtrace traces 'trace.errors>0' --json | jq .trace_id\n";

constexpr char kTraceExamples[] =
    "\nThe beginning of an id is enough. Solid parts of a bar are the critical path: what the "
    "whole\n"
    "trace waited for at that time.\n"
    "\nExamples:\n"
    "  seamtrace trace 4bf92f35\n"
    "  seamtrace trace 4bf92f35 --attributes | less -R\n"
    "  seamtrace trace 4bf92f35 --otlp > trace.json     opens in the viewer, and elsewhere\n";

constexpr char kServicesExamples[] =
    "\nExamples:\n"
    "  seamtrace services --since 1d\n"
    "  seamtrace services gateway --sort slowest     its operations\n";

constexpr char kTopExamples[] =
    "\nKeys: q quits, s changes what is sorted by, e shows failing operations only, / filters.\n"
    "Where standard output is no terminal, or with --json, one table is printed.\n"
    "Durations are kept by the minute: the window is as long as the whole minutes that it "
    "touches.\n"
    "\nExamples:\n"
    "  seamtrace top\n"
    "  seamtrace top --window 5m --sort slowest\n"
    "  seamtrace top --json --count 10 | jq '.operations[0].rate'\n";

constexpr char kSetExamples[] =
    "\nPROCESS: a process id, a service or an executable; if several processes fit, all of them.\n"
    "CHANGES: tracing=on, tracing=off, sampling=RATIO (0 to 1, parentbased_traceidratio unless a\n"
    "sampler is given, too), sampler=NAME (as OTEL_TRACES_SAMPLER). At once, without a restart.\n"
    "\nExamples:\n"
    "  seamtrace set 4711 tracing=off\n"
    "  seamtrace set gateway sampling=0.1\n"
    "  seamtrace set nginx tracing=on sampler=always_on\n";

const std::vector<std::string>& sort_names() {
  static const std::vector<std::string> names{"total", "count", "slowest", "failing"};
  return names;
}

void add_store(CLI::App* command, std::string& store) {
  command
      ->add_option("--store", store,
                   "Read this file (default: ask the collector, else the file it writes)")
      ->type_name("FILE");
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// The Parsed of a bad time; else the time as the query API takes it.
std::optional<Parsed> check_moment(const char* option, std::string& value,
                                   const CLI::App* command) {
  if (value.empty()) return {};
  auto moment = parse_moment(value, std::time(nullptr));
  if (!moment) return failure(std::string(option) + ": " + moment.error().message, command);
  value = *moment;
  return {};
}

}  // namespace

void QuestionCommands::declare(CLI::App& app) {
  traces_command_ = add_command(app, "traces", "Find traces", kTracesExamples);
  traces_command_->add_option("QUERY", "What the traces must have; all of them without");
  traces_command_->add_option("--since", traces_.since, "The earliest (default: an hour ago)")
      ->type_name("TIME");
  traces_command_->add_option("--until", traces_.until, "The latest (default: now)")
      ->type_name("TIME");
  traces_command_->add_option("--limit", traces_.limit, "Traces to show at most (default 20)")
      ->type_name("N")
      ->check(CLI::Range(1, kMostNumber));
  traces_command_->add_flag("--follow,-f", traces_.follow, "Go on with new ones as they come");
  traces_command_->add_flag("--json", traces_.json, "Print one JSON object a line for each trace");
  add_store(traces_command_, traces_.store);

  trace_command_ = add_command(app, "trace", "Show one trace as a waterfall", kTraceExamples);
  trace_command_->add_option("ID", trace_.id, "The trace's id, or its beginning");
  trace_command_->add_flag("--attributes,-a", trace_.attributes, "Show the details of each span");
  trace_command_->add_flag("--json", trace_.json, "Print it as JSON");
  trace_command_->add_flag("--otlp", trace_.otlp, "Print it as OTLP JSON");
  add_store(trace_command_, trace_.store);

  services_command_ = add_command(app, "services", "Show rates, errors and durations of services",
                                  kServicesExamples);
  services_command_->add_option("SERVICE", services_.service, "Show the operations of this one");
  services_command_->add_option("--since", services_.since, "The earliest (default: an hour ago)")
      ->type_name("TIME");
  services_command_
      ->add_option("--sort", services_.sort, "Operations: total, count, slowest or failing first")
      ->type_name("ORDER");
  services_command_->add_flag("--json", services_.json, "Print it as JSON");
  add_store(services_command_, services_.store);

  top_command_ =
      add_command(app, "top", "Watch rates, errors and durations by operation", kTopExamples);
  top_command_
      ->add_option("--window", top_.window, "Time that rates and percentiles are of (default 60s)")
      ->type_name("AGE");
  top_command_->add_option("--sort", top_.sort, "total, count, slowest or failing first")
      ->type_name("ORDER");
  top_command_->add_option("--count", top_.count, "Print so many tables, one a second")
      ->type_name("N")
      ->check(CLI::Range(1, kMostNumber));
  top_command_->add_flag("--json", top_.json, "Print it as JSON");
  add_store(top_command_, top_.store);

  set_command_ =
      add_command(app, "set", "Switch tracing on or off, or change the sampling", kSetExamples);
  set_command_->add_option("PROCESS", set_words_, "Which, and what to change in it");
  set_command_->add_flag("--json", set_.json, "Print it as JSON");
}

std::vector<std::string> QuestionCommands::split_off_query(
    const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0] != "traces") return arguments;
  std::vector<std::string> kept{arguments[0]}, query;
  bool only_query = false;
  for (size_t i = 1; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!only_query && word == "--") {
      only_query = true;
    } else if (!only_query && (word.starts_with("--") || word == "-h" || word == "-f")) {
      kept.push_back(word);
      const bool has_value =
          word == "--since" || word == "--until" || word == "--limit" || word == "--store";
      if (has_value && i + 1 < arguments.size()) kept.push_back(arguments[++i]);
    } else {
      query.push_back(word);
    }
  }
  traces_.query = joined(query);
  return kept;
}

std::optional<Parsed> QuestionCommands::check_traces() const {
  if (traces_.follow && !traces_.until.empty())
    return failure("--follow goes on for ever, --until ends: which one?", traces_command_);
  return {};
}

std::optional<Parsed> QuestionCommands::check_sort(const std::string& sort,
                                                   const CLI::App* command) const {
  if (std::ranges::count(sort_names(), sort) != 0) return {};
  return failure("--sort: " + in_quotes(sort) + " is none of total, count, slowest, failing" +
                     did_you_mean(sort, sort_names()),
                 command);
}

Parsed QuestionCommands::choose_set() const {
  if (set_words_.empty())
    return failure("set: which process? Name it, as in 'seamtrace set gateway tracing=off'",
                   set_command_);
  SetOptions options = set_;
  options.process = set_words_[0];
  const std::vector<std::string> changes(set_words_.begin() + 1, set_words_.end());
  if (changes.empty())
    return failure("set: what is to change? As in 'seamtrace set " + printable(set_words_[0]) +
                       " tracing=off'",
                   set_command_);
  auto wish = parse_control_wish(changes);
  if (!wish) return failure("set: " + wish.error().message, set_command_);
  options.wish = *wish;
  return {options, 0, {}};
}

std::optional<Parsed> QuestionCommands::choose() const {
  if (traces_command_->parsed()) {
    if (auto bad = check_traces()) return bad;
    TracesOptions options = traces_;
    if (auto bad = check_moment("--since", options.since, traces_command_)) return bad;
    if (auto bad = check_moment("--until", options.until, traces_command_)) return bad;
    return Parsed{options, 0, {}};
  }
  if (trace_command_->parsed()) {
    if (trace_.id.empty())
      return failure("trace: which one? 'seamtrace traces' shows the ids", trace_command_);
    if (trace_.id.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos ||
        trace_.id.size() > 32)
      return failure(
          "trace: " + in_quotes(trace_.id) + " is no trace id: up to 32 digits and letters a to f",
          trace_command_);
    if (trace_.json && trace_.otlp)
      return failure("--json and --otlp are two formats: which one?", trace_command_);
    return Parsed{trace_, 0, {}};
  }
  if (services_command_->parsed()) {
    if (auto bad = check_sort(services_.sort, services_command_)) return bad;
    ServicesOptions options = services_;
    if (auto bad = check_moment("--since", options.since, services_command_)) return bad;
    return Parsed{options, 0, {}};
  }
  if (top_command_->parsed()) {
    if (auto bad = check_sort(top_.sort, top_command_)) return bad;
    if (!is_age(top_.window))
      return failure("--window: " + in_quotes(top_.window) + " is no age such as 90s, 15m or 2h",
                     top_command_);
    return Parsed{top_, 0, {}};
  }
  if (set_command_->parsed()) return choose_set();
  return {};
}

}  // namespace seamtrace::cli
