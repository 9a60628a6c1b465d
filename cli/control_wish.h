// ControlWish: what is to change in a traced process, as `seamtrace set` takes it.
// Path:    argv -> [cli] -> the collector's `set`
// Owner:   a value.
// Failure: an Error that names the word and the nearest that is known.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/support/result.h"

namespace seamtrace::cli {

struct ControlWish {
  std::optional<bool> tracing;
  std::string sampler;  ///< empty: stays
  std::optional<double> ratio;
};

/// Of `tracing=on`, `sampling=0.1`, `sampler=always_on`. A ratio brings a sampler that heeds it.
collector::Result<ControlWish> parse_control_wish(const std::vector<std::string>& changes);

}  // namespace seamtrace::cli
