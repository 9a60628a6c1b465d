// Schema: the tables of the file, their version, and the way from older versions to this one.
// Path:    inside the store
// Source:  collector/store/FORMAT.md.
#pragma once

#include <optional>

#include "collector/store/database.h"

namespace seamtrace::collector::store {

constexpr int64_t kApplicationId = 0x5345414d;  ///< "SEAM"
constexpr int64_t kFormatVersion = 2;

/// What a row of `rollup` takes in the file, about: so many bytes beside its histograms.
constexpr uint64_t kRollupRowBytes = 100;
constexpr const char* kRollupBytes = "100 + length(durations) + length(error_durations)";

/// None: the file is empty, or a store of this version or of an older one. Changes nothing.
std::optional<Error> check_file(Database& database);

/// Makes the tables of an empty file, or migrates an older one; in one transaction each.
/// None: the file has this version now.
std::optional<Error> prepare_schema(Database& database);

/// For readers: none when the file is a store of this version.
std::optional<Error> check_schema(Database& database);

}  // namespace seamtrace::collector::store
