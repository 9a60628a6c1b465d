// Overhead: what tracing costs this machine, as far as it can be seen from here.
// Path:    /proc, the collector's statistics -> [Overhead] -> status, viewer
#pragma once

#include "nlohmann/json.hpp"

namespace seamtrace::collector {

/// The member `overhead` of a status answer, from its `collector` and `processes`:
///   collector_cpu_s   processor time of this collector so far, measured
///   collector_share   of one processor, since the collector's start, measured
///   processes         [{pid, cpu_s (null: not visible from here), spans,
///                       agent_share: spans times agent_ns_per_span, as a part of cpu_s}]
///   agent_ns_per_span an estimate from the benchmark (docs/performance.md), not measured here: the
///                     agent does not read a clock for its own sake
nlohmann::json overhead(const nlohmann::json& status);

}  // namespace seamtrace::collector
