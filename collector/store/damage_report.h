// DamageReports: what readers found broken, for the writer of the same file.
// Path:    reader -> [damage report] -> store
// Threads: any; readers and the writer of one process. Another process's readers tell their user.
// Memory:  the last report of each path.
#pragma once

#include <optional>
#include <string>

#include "collector/support/result.h"

namespace seamtrace::collector::store {

/// A reader of the file at `path` met damage. Until it is taken, a later report replaces it.
void report_damage(const std::string& path, const Error& damage);

/// None: nothing was reported since the last call.
std::optional<Error> take_damage_report(const std::string& path);

}  // namespace seamtrace::collector::store
