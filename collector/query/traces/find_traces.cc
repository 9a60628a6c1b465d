#include "collector/query/language/parser.h"
#include "collector/query/traces/detail.h"
#include "collector/query/traces/search.h"
#include "collector/query/traces/text_position.h"
#include "collector/query/traces/traces.h"

namespace seamtrace::collector::traces {
namespace {

using nlohmann::json;

constexpr uint64_t kMostTraces = 2000;

QueryAnswer misunderstood(std::string_view query, const SyntaxError& error) {
  QueryAnswer answer = bad_question(error.message);
  const size_t begin = utf16_position(query, error.position);
  answer.body["position"] = begin;
  answer.body["length"] = utf16_position(query, error.position + error.length) - begin;
  return answer;
}

/// `before` and `after`. None: well.
std::optional<Error> read_place(const Question& question, SearchRequest& request) {
  const auto before = question.text("before");
  if (!before) return before.error();
  if (!before->empty()) {
    request.before = SearchPlace::parse(*before);
    if (!request.before) return Error{"before must be the `next` of an earlier answer"};
  }
  if (const auto after = question.text("after"); !after || after->empty()) return std::nullopt;
  const auto change = question.number("after", 0, 0, INT64_MAX);
  if (!change) return Error{"after must be the `change` of an earlier answer"};
  if (request.before) return Error{"before and after do not go together; leave one out"};
  request.after_change = *change;
  return std::nullopt;
}

/// Empty for a trace that is too long to be unpacked for a line of a list.
std::string detail_of_row(StoreReader& store, const TraceRow& row) {
  constexpr uint32_t kMostSpans = 200;
  if (row.spans > kMostSpans) return {};
  const auto trace = store.load(row.row);
  return trace ? std::string(root_detail(*trace)) : std::string();
}

json row_json(StoreReader& store, const TraceRow& row) {
  json services = json::array();
  for (const std::string& service : row.services) services.push_back(json_text(service));
  return {{"trace_id", json_id(row.trace_id)},
          {"start_unix_ns", json_time(row.start_unix_ns)},
          {"start_us", microseconds(row.start_unix_ns)},
          {"duration_ns", duration_ns(row.start_unix_ns, row.end_unix_ns)},
          {"service", json_text(row.root_service)},
          {"name", json_text(row.root_name)},
          {"detail", json_text(detail_of_row(store, row))},
          {"kind", kind_name(row.root_kind)},
          {"status", status_name(row.root_status)},
          {"http_status", row.http_status == 0 ? json() : json(row.http_status)},
          {"root", row.root_is_here},
          {"spans", row.spans},
          {"errors", row.errors},
          {"services", std::move(services)}};
}

json result_json(StoreReader& store, const SearchResult& result) {
  json traces = json::array();
  for (const TraceRow& row : result.rows) traces.push_back(row_json(store, row));
  json body = {{"traces", std::move(traces)},
               {"change", result.change},
               {"next", result.next ? json(result.next->text()) : json()},
               {"complete", result.complete},
               {"searched_to_us", microseconds(result.searched_to_ns)}};
  if (result.unreadable != 0) body["unreadable"] = result.unreadable;
  return body;
}

}  // namespace

QueryAnswer find_traces(StoreReader& store, const Question& question) {
  const auto text = question.text("query");
  if (!text) return bad_question(text.error());
  auto query = parse_query(*text);
  if (const auto* error = std::get_if<SyntaxError>(&query)) return misunderstood(*text, *error);
  const auto range = question.period();
  if (!range) return bad_question(range.error());
  const auto limit = question.number("limit", 100, 1, kMostTraces);
  if (!limit) return bad_question(limit.error());

  SearchRequest request;
  request.query = std::move(std::get<Query>(query));
  request.range = *range;
  request.most = *limit;
  if (const auto error = read_place(question, request)) return bad_question(*error);
  const auto result = search(store, request);
  if (!result) return store_fault(result.error());
  return ok_answer(result_json(store, *result));
}

}  // namespace seamtrace::collector::traces
