#include <map>
#include <string>
#include <utility>

#include "collector/query/services/answered.h"
#include "collector/query/services/services.h"
#include "collector/query/services/traffic.h"

namespace seamtrace::collector::services {

using nlohmann::json;

namespace {

struct Service {
  explicit Service(const Steps& steps) : series(steps) {}
  Traffic traffic;
  Series series;
};

}  // namespace

QueryAnswer list_services(StoreReader& store, const Question& question) {
  const Result<MinutePeriod> period = minute_period(question);
  if (!period) return bad_question(period.error());
  const Steps steps = usual_steps(*period);
  const Result<std::vector<Rollup>> rollups = store.rollups(period->range, "");
  if (!rollups) return store_fault(rollups.error());

  const AnsweredRequests answered(*rollups);
  std::map<std::string, Service> services;
  for (const Rollup& rollup : *rollups) {
    if (!answered.has(rollup)) continue;
    Service& service = services.try_emplace(rollup.operation.service, steps).first->second;
    service.traffic.add(rollup);
    service.series.add(rollup);
  }
  json list = json::array();
  for (const auto& [name, service] : services) {
    json entry = json_traffic(service.traffic, *period);
    entry["name"] = json_text(name);
    entry["max_ns"] = service.traffic.slowest_ns;
    entry["counted"] = answered.counted(name);
    entry["series"] = {{"count", service.series.counts()},
                       {"errors", service.series.errors()},
                       {"p95_ns", service.series.percentiles(0.95)}};
    list.push_back(std::move(entry));
  }
  json body = json_period(*period);
  body["step_s"] = steps.step_s;
  body["services"] = std::move(list);
  return ok_answer(std::move(body));
}

}  // namespace seamtrace::collector::services
