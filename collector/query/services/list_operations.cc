#include <optional>
#include <string>
#include <utility>

#include "collector/query/services/operation_table.h"
#include "collector/query/services/services.h"

namespace seamtrace::collector::services {

QueryAnswer list_operations(StoreReader& store, const Question& question) {
  const Result<MinutePeriod> period = minute_period(question);
  if (!period) return bad_question(period.error());
  const Result<std::string> service = question.text("service");
  if (!service) return bad_question(service.error());
  const Result<std::optional<SpanKind>> kind = question.kind();
  if (!kind) return bad_question(kind.error());
  const Result<std::string> order =
      question.choice("sort", {"total", "slowest", "failing", "count"});
  if (!order) return bad_question(order.error());
  const Result<uint64_t> limit = question.number("limit", 200, 1, 10'000);
  if (!limit) return bad_question(limit.error());
  const Result<std::vector<Rollup>> rollups = store.rollups(period->range, *service);
  if (!rollups) return store_fault(rollups.error());

  OperationTable table;
  for (const Rollup& rollup : *rollups)
    if (!*kind || rollup.operation.kind == **kind) table[rollup.operation].add(rollup);
  nlohmann::json list = nlohmann::json::array();
  for (const Operation* operation : sorted_operations(table, *order, *limit))
    list.push_back(json_operation(*operation, *period));
  return ok_answer({{"operations", std::move(list)}});
}

}  // namespace seamtrace::collector::services
