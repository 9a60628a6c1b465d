#include "cli/trace_command.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "cli/command_line.h"
#include "cli/exporters.h"
#include "cli/json_answer.h"
#include "cli/query_source.h"
#include "cli/terminal/trace_table.h"
#include "cli/terminal/waterfall.h"
#include "collector/support/clock.h"

namespace seamtrace::cli {

namespace {

using nlohmann::json;

constexpr size_t kWholeId = 32;

int fail(const std::string& sentence) {
  std::fprintf(stderr, "seamtrace: %s\n", printable(sentence).c_str());
  return kExitFailed;
}

/// The whole id that begins so; empty when there is none, or more than one: that has been said.
std::string whole_id(QuerySource& source, const std::string& beginning, const Style& style) {
  constexpr size_t kMostShown = 10;
  json found = json::array();
  Parameters parameters{
      {"query", "trace=" + beginning}, {"since", "0"}, {"limit", std::to_string(kMostShown + 1)}};
  for (;;) {
    const auto answer = source.get("traces", parameters);
    if (!answered(answer)) return {};
    for (const json& trace : list(answer->body, "traces")) found.push_back(trace);
    const std::string next = raw_text(answer->body, "next");
    if (next.empty() || found.size() > kMostShown) break;
    parameters["before"] = next;
  }
  if (found.size() == 1) return raw_text(found[0], "trace_id");
  if (found.empty()) {
    fail("no trace begins with " + beginning + " in the " + source.name() +
         "; 'seamtrace traces' shows those that are there");
    return {};
  }
  const bool more = found.size() > kMostShown;
  if (more) found.erase(found.size() - 1);
  fail((more ? "more than " : "") + std::to_string(found.size()) + " traces begin with " +
       beginning + "; which one?");
  for (const json& trace : found)
    std::fprintf(stderr, "  %s  %s  %s\n", style.shown(raw_text(trace, "trace_id")).c_str(),
                 style.shown(raw_text(trace, "service"), 40).c_str(),
                 style.shown(raw_text(trace, "name"), 60).c_str());
  return {};
}

}  // namespace

int trace_command(const TraceOptions& options) {
  const auto opened = open_query_source(read_configuration("", ""), options.store);
  if (!opened) return fail(opened.error().message);
  QuerySource& source = **opened;
  const Style style = style_of(STDOUT_FILENO);
  std::string id = options.id;
  std::ranges::transform(id, id.begin(), [](unsigned char c) { return std::tolower(c); });
  if (id.size() < kWholeId) id = whole_id(source, id, style);
  if (id.empty()) return kExitFailed;
  const auto answer = source.get("trace/" + id + (options.otlp ? "/otlp" : ""), {});
  if (!answered(answer)) return kExitFailed;
  const std::string out =
      options.json || options.otlp
          ? json_line(answer->body, style.terminal)
          : waterfall(answer->body, WaterfallOptions{options.attributes}, style);
  std::fwrite(out.data(), 1, out.size(), stdout);
  return 0;
}

}  // namespace seamtrace::cli
