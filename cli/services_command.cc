#include "cli/services_command.h"

#include <unistd.h>

#include <cstdio>
#include <vector>

#include "cli/command_line.h"
#include "cli/exporters.h"
#include "cli/json_answer.h"
#include "cli/query_source.h"
#include "cli/terminal/operation_table.h"

namespace seamtrace::cli {

namespace {

using nlohmann::json;

int fail(const std::string& sentence) {
  std::fprintf(stderr, "seamtrace: %s\n", printable(sentence).c_str());
  return kExitFailed;
}

/// No operations: because nothing happened, or because the name is wrong?
int without_operations(QuerySource& source, const ServicesOptions& options,
                       const Parameters& parameters) {
  const auto answer = source.get("services", parameters);
  if (!answered(answer)) return kExitFailed;
  std::vector<std::string> names;
  for (const json& service : list(answer->body, "services"))
    names.push_back(raw_text(service, "name"));
  const std::string meant = nearest(options.service, names);
  return fail("there is no request of a service '" + options.service + "' in that time" +
              (meant.empty() ? "; 'seamtrace services --since 7d' shows those that are there"
                             : "; did you mean '" + meant + "'?"));
}

}  // namespace

int services_command(const ServicesOptions& options) {
  const auto opened = open_query_source(read_configuration("", ""), options.store);
  if (!opened) return fail(opened.error().message);
  QuerySource& source = **opened;
  const Style style = style_of(STDOUT_FILENO);
  Parameters period;
  if (!options.since.empty()) period["since"] = options.since;

  const bool all = options.service.empty();
  Parameters parameters = period;
  if (!all) {
    parameters["service"] = options.service;
    parameters["sort"] = options.sort;
  }
  const auto answer = source.get(all ? "services" : "operations", parameters);
  if (!answered(answer)) return kExitFailed;
  const json& found = list(answer->body, all ? "services" : "operations");
  std::string out;
  if (options.json) {
    out = json_line(answer->body, style.terminal);
  } else if (!found.empty()) {
    out = (all ? service_table(found, style)
               : operation_table(found, OperationTableOptions{/*service=*/false}, style))
              .render(style);
  } else {
    return all ? fail("no service did anything in that time; --since 7d looks further back (" +
                      source.name() + ")")
               : without_operations(source, options, period);
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  return 0;
}

}  // namespace seamtrace::cli
