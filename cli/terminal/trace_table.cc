#include "cli/terminal/trace_table.h"

#include "cli/json_answer.h"
#include "cli/local_time.h"

namespace seamtrace::cli {

namespace {

using nlohmann::json;

Cell outcome(const json& trace) {
  const bool failed = raw_text(trace, "status") == "error";
  const uint64_t status = number(trace, "http_status");
  const std::string text = status != 0 ? std::to_string(status) : failed ? "error" : "-";
  return {text, failed                          ? colours::kRed
                : status >= 400 && status < 500 ? colours::kYellow
                                                : colours::kPlain};
}

/// With the path of a request whose name is only its method.
std::string operation_of(const json& trace) {
  const std::string detail = raw_text(trace, "detail");
  return raw_text(trace, "name") + (detail.empty() ? "" : " " + detail);
}

}  // namespace

Columns trace_table(const json& traces, uint64_t now_us, const Style& style) {
  constexpr size_t kLongest = 120;
  Columns table({{"TIME", false, 8},
                 {"DURATION", true, 8},
                 {"SERVICE", false, 8, 24, true},
                 {"OPERATION", false, 16, kLongest, true},
                 {"STATUS", false, 6},
                 {"SPANS", true, 5},
                 {"ERRORS", true, 6},
                 {"TRACE", false, kShortId}});
  for (const json& trace : traces) {
    const bool has_root = !member(trace, "root").is_boolean() || flag(trace, "root");
    const uint64_t errors = number(trace, "errors");
    table.add({{local_time_of_day(number(trace, "start_us"), now_us), colours::kDim},
               collector::to_duration(number(trace, "duration_ns")),
               style.shown(raw_text(trace, "service"), kLongest),
               (has_root ? "" : "(part) ") + style.shown(operation_of(trace), kLongest),
               outcome(trace),
               count(trace, "spans"),
               {std::to_string(errors), errors != 0 ? colours::kRed : colours::kDim},
               style.shown(raw_text(trace, "trace_id").substr(0, kShortId))});
  }
  return table;
}

}  // namespace seamtrace::cli
