// Overhead: what tracing costs this machine, as far as it can be seen from here.
// Path:    /proc, the collector's statistics -> [Overhead] -> status, viewer
#pragma once

#include "nlohmann/json.hpp"

namespace seamtrace::collector {

/// The member `overhead` of a status answer, from its `collector` and `processes`:
///   collector_cpu_s   processor time of this collector so far, measured
///   collector_share   of one processor, since the collector's start, measured
///   processes         [{pid, cpu_s (null: not visible from here), spans, agent_ns_per_call,
///                       agent_share}]
/// agent_ns_per_call is measured: the agent reads a clock around one call in about a thousand.
/// agent_share is an estimate from it, as a part of cpu_s: four calls a span. Both are null until
/// there are enough measurements.
nlohmann::json overhead(const nlohmann::json& status);

}  // namespace seamtrace::collector
