#include "cli/run/summary.h"

#include <cstdint>
#include <vector>

#include "cli/json_answer.h"
#include "collector/export/text.h"
#include "collector/query/trace_counter.h"

namespace seamtrace::cli {

namespace {

using nlohmann::json;

std::string counted(uint64_t n, const std::string& one, const std::string& many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : between) + part;
  return out;
}

struct Fate {
  std::vector<std::string> went;  ///< `exported to http://...`
  std::vector<std::string> lost;
  std::vector<std::string> waiting;
};

void add_exporter(Fate& fate, const json& exporter, bool prints) {
  const bool is_console = text(exporter, "name") == "console";
  const std::string destination = text(exporter, "destination");
  const std::string error = text(exporter, "last_error");
  const std::string why = error.empty() ? "" : " (" + error + ")";
  const std::string to = is_console ? "" : " to " + destination;
  if (is_console)
    fate.went.push_back(prints ? "printed above" : "printed");
  else if (number(exporter, "exported") != 0)
    fate.went.push_back(text(exporter, "name") == "store"
                            ? "kept in " + destination + " ('seamtrace view FILE' shows them)"
                            : "exported" + to);
  const auto dropped = exporter.find("dropped");
  if (dropped != exporter.end() && dropped->is_object()) {
    for (const auto& [reason, spans] : dropped->items())
      if (spans.is_number_unsigned() && spans.get<uint64_t>() != 0)
        fate.lost.push_back(counted(spans.get<uint64_t>(), "span", "spans") + " not exported" + to +
                            ": " + reason + why);
  }
  // The console holds spans back on purpose; they are printed when the collector ends.
  if (const uint64_t queued = number(exporter, "queued"); queued != 0 && !is_console)
    fate.waiting.push_back(counted(queued, "span", "spans") + " could not be exported" + to +
                           " in time" + why);
}

}  // namespace

std::string summary_line(const json& answer, const SummaryContext& context) {
  const uint64_t spans = number(answer, "spans");
  const uint64_t lost = number(answer, "lost");
  std::string line = "seamtrace: ";
  if (spans == 0 && lost == 0) {
    if (!context.obstacle.empty()) {
      line += "no request could be seen: ";
      collector::append_printable(line, context.obstacle);
      return line;
    }
    line += "no request was seen; 'seamtrace doctor ";
    collector::append_printable(line, context.program);
    return line + "' tells what can be traced";
  }
  line += counted(spans, "span", "spans");
  constexpr uint64_t kMost = collector::TraceCounter::kMost;
  if (const uint64_t traces = number(answer, "traces"); traces != 0)
    line += " in " + (traces > kMost ? "more than " + std::to_string(kMost) + " traces"
                                     : counted(traces, "trace", "traces"));
  line += " from " + counted(number(answer, "processes"), "process", "processes");

  Fate fate;
  const auto exporters = answer.find("exporters");
  if (exporters != answer.end() && exporters->is_array()) {
    for (const json& exporter : *exporters)
      if (exporter.is_object()) add_exporter(fate, exporter, context.prints);
    if (exporters->empty()) fate.went.emplace_back("exported nowhere");
  }
  if (!context.own_collector) {
    // Its counts are of all that it ever did, not of this run.
    fate.lost.clear();
  }
  if (!fate.went.empty()) line += ", " + joined(fate.went, " and ");
  if (!context.own_collector) line += " by the collector that already serves this user";
  for (const std::string& each : fate.lost) line += "; " + each;
  if (!flag(answer, "drained"))
    for (const std::string& each : fate.waiting)
      line += "; " + each + ", the next collector will try again";
  if (lost != 0)
    line += "; " + counted(lost, "span", "spans") +
            " lost in the program for want of room in shared memory";
  if (const uint64_t alive = number(answer, "alive"); alive != 0)
    line +=
        "; " + counted(alive, "process runs on and stays", "processes run on and stay") + " traced";
  return line;
}

}  // namespace seamtrace::cli
