// OperationTable: the traffic of each operation.
// Path:    store -> [services] -> answers
// Owner:   a value.
#pragma once

#include <cstddef>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/query/services/traffic.h"
#include "collector/store/trace_row.h"
#include "nlohmann/json.hpp"

namespace seamtrace::collector::services {

using OperationTable = std::map<OperationKey, Traffic>;
using Operation = OperationTable::value_type;

/// The first `limit` of them: by the 95th percentile (`slowest`), by errors and then by their
/// share (`failing`), by time in all (`total`) or by `count`. Ties by key.
std::vector<const Operation*> sorted_operations(const OperationTable& table, std::string_view order,
                                                size_t limit);

/// One entry of the answer to `operations`.
nlohmann::json json_operation(const Operation& operation, const MinutePeriod& period);
/// `service`, `name`, `kind`, `peer`.
nlohmann::json json_key(const OperationKey& key);

}  // namespace seamtrace::collector::services
