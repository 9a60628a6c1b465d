#include <utility>

#include "collector/query/services/answered.h"
#include "collector/query/services/exemplars.h"
#include "collector/query/services/operation_filter.h"
#include "collector/query/services/services.h"
#include "collector/query/services/traffic.h"

namespace seamtrace::collector::services {

using nlohmann::json;

QueryAnswer series(StoreReader& store, const Question& question) {
  const Result<MinutePeriod> period = minute_period(question);
  if (!period) return bad_question(period.error());
  const Result<Steps> steps = services::steps(question, *period);
  if (!steps) return bad_question(steps.error());
  const Result<OperationFilter> filter = OperationFilter::from(question);
  if (!filter) return bad_question(filter.error());
  const Result<std::vector<Rollup>> rollups = store.rollups(period->range, filter->service);
  if (!rollups) return store_fault(rollups.error());

  const AnsweredRequests answered(*rollups);
  Series series(*steps);
  for (const Rollup& rollup : *rollups)
    if (filter->selects(rollup, answered)) series.add(rollup);
  // The latest first: they are looked at most, and the work is bounded.
  Exemplars exemplars(store, *filter);
  for (auto step = series.traffic().rbegin(); step != series.traffic().rend(); ++step)
    exemplars.add(*step, answered);

  json times = json::array();
  for (size_t i = 0; i < steps->count; ++i) times.push_back(steps->since_s + i * steps->step_s);
  json body = json_period(*period);
  body["step_s"] = steps->step_s;
  body["times_s"] = std::move(times);
  body["count"] = series.counts();
  body["errors"] = series.errors();
  body["p50_ns"] = series.percentiles(0.5);
  body["p95_ns"] = series.percentiles(0.95);
  body["p99_ns"] = series.percentiles(0.99);
  body["exemplars"] = exemplars.take();
  return ok_answer(std::move(body));
}

}  // namespace seamtrace::collector::services
