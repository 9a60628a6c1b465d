// Statistics as JSON, in the shape that collector/query/status_client.h documents.
#pragma once

#include <string>

#include "collector/query/statistics.h"
#include "nlohmann/json.hpp"

namespace seamtrace::collector {

nlohmann::json to_json(const CollectorStatistics& statistics);
nlohmann::json to_json(const NamedExporterStatistics& exporters);
nlohmann::json to_json(const RunSummary& summary, const std::string& run_id);
nlohmann::json to_json(const std::vector<InFlightRequest>& requests);

nlohmann::json error_answer(const std::string& sentence);

/// One line; whatever is not UTF-8 in it is replaced.
std::string to_line(const nlohmann::json& object);

}  // namespace seamtrace::collector
