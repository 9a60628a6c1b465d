// SpanTree: a trace's answer as lines: who called whom, and what the trace waited for.
// Path:    an answer to `trace/ID` -> [cli/terminal] -> waterfall
// Memory:  borrows the answer.
// Failure: none; whatever the answer says gives a tree: circles of parents are cut, spans whose
//          parent is not here are roots.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "nlohmann/json.hpp"

namespace seamtrace::cli {

struct SpanLine {
  const nlohmann::json* span = nullptr;
  size_t parent = SIZE_MAX;  ///< a line; SIZE_MAX: a root
  size_t depth = 0;
  bool last_sibling = true;
  uint64_t start_ns = 0;  ///< since the trace's start
  uint64_t end_ns = 0;
  bool critical = false;  ///< the critical path goes through it
  /// Its own work on the critical path: from, to. Latest first, none empty.
  std::vector<std::pair<uint64_t, uint64_t>> path;
};

/// Parents before their children, siblings by start. The critical path is the longest root's: from
/// its end backwards, always the child that ended last and had ended when the next one on the path
/// began. Nobody waits for a consumer, or for a child of the same service that outlives its parent.
std::vector<SpanLine> span_tree(const nlohmann::json& trace);

}  // namespace seamtrace::cli
