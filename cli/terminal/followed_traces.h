// FollowedTraces: which of the traces that come are complete enough to be shown, once each.
// Path:    answers to `traces` with `after` -> [cli/terminal] -> stdout
// Memory:  the ids of the last 10,000 traces shown, and the traces that still grow.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "nlohmann/json.hpp"

namespace seamtrace::cli {

class FollowedTraces {
 public:
  static constexpr uint64_t kQuiet_ms = 1000;       ///< it has not grown for so long: shown
  static constexpr uint64_t kPatience_ms = 10'000;  ///< shown although it still grows

  /// Traces that are new or have grown.
  void add(const nlohmann::json& traces, uint64_t now_ms);
  /// Those that are ready, earliest first.
  nlohmann::json take_ready(uint64_t now_ms);
  /// Was shown already, in some other way.
  void mark_shown(const std::string& trace_id);

 private:
  static constexpr size_t kMostShown = 10'000;

  struct Growing {
    nlohmann::json trace;
    uint64_t first_ms, last_ms;
  };
  std::map<std::string, Growing> growing_;
  std::set<std::string> shown_;
  std::deque<std::string> shown_order_;
};

}  // namespace seamtrace::cli
