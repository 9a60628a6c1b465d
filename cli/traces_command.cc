#include "cli/traces_command.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "cli/command_line.h"
#include "cli/exporters.h"
#include "cli/json_answer.h"
#include "cli/query_source.h"
#include "cli/terminal/followed_traces.h"
#include "cli/terminal/trace_table.h"
#include "collector/support/clock.h"

namespace seamtrace::cli {

namespace {

using nlohmann::json;

constexpr uint64_t kMostOfOneAnswer = 2000;

uint64_t now_us() { return collector::realtime_ns() / 1000; }

class Traces {
 public:
  Traces(const TracesOptions& options, QuerySource& source)
      : options_(options), source_(source), style_(style_of(STDOUT_FILENO)) {
    if (!options.query.empty()) parameters_["query"] = options.query;
    if (!options.since.empty()) parameters_["since"] = options.since;
    if (!options.until.empty()) parameters_["until"] = options.until;
  }

  int execute() {
    json traces = json::array();
    if (!find(traces)) return kExitFailed;
    if (options_.follow) return follow(traces);
    print(traces, true);
    if (traces.empty() && !options_.json) {
      const char* period = options_.since.empty()
                               ? " in the last hour; --since 7d looks further back"
                               : " in that time";
      std::fprintf(stderr, "seamtrace: %s%s (%s)\n",
                   options_.query.empty() ? "there is no trace" : "no trace fits", period,
                   source_.name().c_str());
    }
    return 0;
  }

 private:
  /// As many as were asked for, latest first, over as many answers as that takes.
  bool find(json& traces) {
    Parameters parameters = parameters_;
    while (traces.size() < options_.limit) {
      parameters["limit"] =
          std::to_string(std::min<uint64_t>(options_.limit - traces.size(), kMostOfOneAnswer));
      const auto answer = source_.get("traces", parameters);
      if (!answered(answer, options_.query)) return false;
      if (!parameters.contains("before")) change_ = number(answer->body, "change");
      for (const json& trace : list(answer->body, "traces")) traces.push_back(trace);
      const std::string next = raw_text(answer->body, "next");
      if (next.empty()) break;
      parameters["before"] = next;
    }
    return true;
  }

  /// Until it is ended by a signal, or its reader has left.
  int follow(json& traces) {
    std::ranges::reverse(traces);  // as they came: the latest stands at the end
    print(traces, true);
    FollowedTraces followed;
    for (const json& trace : traces) followed.mark_shown(raw_text(trace, "trace_id"));
    Parameters parameters = parameters_;
    parameters["limit"] = std::to_string(kMostOfOneAnswer);
    while (std::ferror(stdout) == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(250));
      parameters["after"] = std::to_string(change_);
      const auto answer = source_.get("traces", parameters);
      if (!answered(answer, options_.query)) return kExitFailed;
      change_ = std::max(change_, number(answer->body, "change"));
      const uint64_t now_ms = collector::monotonic_ns() / 1'000'000;
      followed.add(list(answer->body, "traces"), now_ms);
      if (const json ready = followed.take_ready(now_ms); !ready.empty()) print(ready, false);
    }
    return 0;
  }

  void print(const json& traces, bool with_titles) {
    std::string out;
    if (options_.json) {
      for (const json& trace : traces) out += json_line(trace, style_.terminal);
    } else if (!traces.empty() || options_.follow) {
      const auto lines = trace_table(traces, now_us(), style_).lines(style_);
      for (size_t i = with_titles ? 0 : 1; i < lines.size(); ++i) out += lines[i] + "\n";
    }
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
  }

  const TracesOptions& options_;
  QuerySource& source_;
  const Style style_;
  Parameters parameters_;
  uint64_t change_ = 0;
};

}  // namespace

int traces_command(const TracesOptions& options) {
  const auto source = open_query_source(read_configuration("", ""), options.store);
  if (!source) {
    std::fprintf(stderr, "seamtrace: %s\n", printable(source.error().message).c_str());
    return kExitFailed;
  }
  return Traces(options, **source).execute();
}

}  // namespace seamtrace::cli
