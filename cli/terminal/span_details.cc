#include "cli/terminal/span_details.h"

#include "cli/json_answer.h"

namespace seamtrace::cli {

namespace {

using nlohmann::json;

std::string value_text(const json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void add_all(std::vector<std::string>& lines, const std::string& front, const json& attributes) {
  if (!attributes.is_object()) return;
  for (const auto& [key, value] : attributes.items())
    lines.push_back(front + key + " = " + value_text(value));
}

}  // namespace

std::string error_words(const json& span) {
  const std::string message = raw_text(span, "status_message");
  return message.empty() ? raw_text(member(span, "attributes"), "error.type") : message;
}

std::vector<std::string> span_details(const json& span, const json& trace) {
  std::vector<std::string> lines;
  std::string ids = "span " + raw_text(span, "span_id");
  if (const std::string parent = raw_text(span, "parent_span_id"); !parent.empty())
    ids += ", child of " + parent;
  ids += ", begins at +" + collector::to_duration(number(span, "start_ns"));
  lines.push_back(ids);
  add_all(lines, "", member(span, "attributes"));
  for (const json& event : list(span, "events")) {
    // `time_ns` counts from the trace's start, as `start_ns` does.
    lines.push_back("event " + raw_text(event, "name") + " at +" +
                    collector::to_duration(number(event, "time_ns")));
    add_all(lines, "  ", member(event, "attributes"));
  }
  for (const json& link : list(span, "links")) {
    lines.push_back("link to trace " + raw_text(link, "trace_id") + ", span " +
                    raw_text(link, "span_id"));
    add_all(lines, "  ", member(link, "attributes"));
  }
  for (const char* what : {"attributes", "events", "links"})
    if (const uint64_t dropped = number(span, std::string("dropped_") + what); dropped != 0)
      lines.push_back(std::to_string(dropped) + " " + what + " were dropped");
  const json& resources = list(trace, "resources");
  if (const uint64_t index = number(span, "resource"); index < resources.size())
    add_all(lines, "resource ", resources[index]);
  return lines;
}

}  // namespace seamtrace::cli
