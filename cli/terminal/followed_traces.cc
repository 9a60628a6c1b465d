#include "cli/terminal/followed_traces.h"

#include <algorithm>
#include <vector>

#include "cli/json_answer.h"

namespace seamtrace::cli {

using nlohmann::json;

void FollowedTraces::add(const json& traces, uint64_t now_ms) {
  for (const json& trace : traces) {
    const std::string id = raw_text(trace, "trace_id");
    if (shown_.contains(id)) continue;
    const auto [found, is_new] = growing_.try_emplace(id, Growing{trace, now_ms, now_ms});
    if (is_new) continue;
    found->second.trace = trace;
    found->second.last_ms = now_ms;
  }
}

json FollowedTraces::take_ready(uint64_t now_ms) {
  std::vector<json> ready;
  for (auto each = growing_.begin(); each != growing_.end();) {
    const Growing& growing = each->second;
    if (now_ms < growing.last_ms + kQuiet_ms && now_ms < growing.first_ms + kPatience_ms) {
      ++each;
      continue;
    }
    ready.push_back(growing.trace);
    mark_shown(each->first);
    each = growing_.erase(each);
  }
  std::ranges::stable_sort(ready, {}, [](const json& trace) { return number(trace, "start_us"); });
  return ready;
}

void FollowedTraces::mark_shown(const std::string& trace_id) {
  if (!shown_.insert(trace_id).second) return;
  shown_order_.push_back(trace_id);
  if (shown_order_.size() <= kMostShown) return;
  shown_.erase(shown_order_.front());
  shown_order_.pop_front();
}

}  // namespace seamtrace::cli
