#include "collector/query/query_api.h"

#include <exception>
#include <string_view>

#include "collector/query/question.h"
#include "collector/query/services/services.h"
#include "collector/query/traces/traces.h"

namespace seamtrace::collector {
namespace {

using Answerer = QueryAnswer (*)(StoreReader&, const Question&);
struct Route {
  std::string_view path;
  Answerer answer;
};
constexpr Route kRoutes[] = {
    {"traces", traces::find_traces},        {"complete", traces::complete},
    {"services", services::list_services},  {"operations", services::list_operations},
    {"series", services::series},           {"databases", services::databases},
    {"map", services::service_map},         {"compare", services::compare},
    {"bottlenecks", services::bottlenecks},
};

using TraceAnswerer = QueryAnswer (*)(StoreReader&, std::string_view);
struct TraceRoute {
  std::string_view ending;
  TraceAnswerer answer;
};
constexpr TraceRoute kTraceRoutes[] = {
    {"", traces::show_trace},
    {"/otlp", traces::export_trace},
    {"/typical", traces::find_typical},
};

QueryAnswer route(StoreReader& store, std::string_view path, const Question& question) {
  for (const Route& route : kRoutes)
    if (path == route.path) return route.answer(store, question);
  constexpr std::string_view kTrace = "trace/";
  if (path.starts_with(kTrace)) {
    path.remove_prefix(kTrace.size());
    const std::string_view id = path.substr(0, path.find('/'));
    for (const TraceRoute& route : kTraceRoutes)
      if (path.substr(id.size()) == route.ending) return route.answer(store, id);
  }
  return not_found("There is no such question; docs/query_api.md has all of them");
}

}  // namespace

QueryAnswer QueryApi::get(const std::string& path,
                          const std::map<std::string, std::string>& parameters,
                          uint64_t now_unix_ns) {
  try {
    return route(store_, path, {parameters, now_unix_ns});
  } catch (const std::exception& fault) {
    // Want of memory, for one: a question must not end the collector.
    return store_fault({std::string("The question could not be answered: ") + fault.what()});
  }
}

}  // namespace seamtrace::collector
