#include "collector/query/bottlenecks/interval_tree.h"

#include <algorithm>
#include <tuple>

namespace seamtrace::collector::bottlenecks {
namespace {

struct Edge {
  uint64_t at;
  uint32_t interval;
  bool begins;
};

std::vector<Edge> sorted_edges(const std::vector<Interval>& intervals) {
  std::vector<Edge> edges;
  edges.reserve(2 * intervals.size());
  for (uint32_t i = 0; i < intervals.size(); ++i) {
    if (intervals[i].from == intervals[i].to) continue;
    edges.push_back({intervals[i].from, i, true});
    edges.push_back({intervals[i].to, i, false});
  }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.at < b.at; });
  return edges;
}

/// Walks the edges in time and keeps the books of who is open without an open child.
class Sharing {
 public:
  explicit Sharing(size_t count) : states_(count), times_(count) {}

  /// `elapsed` since the last call: each of those that share now gets its part of it.
  void pass(uint64_t elapsed) {
    if (sharing_ != 0) each_ += static_cast<double>(elapsed) / static_cast<double>(sharing_);
  }
  void open(uint32_t interval, bool is_open) {
    states_[interval].open = is_open;
    update(interval);
  }
  void open_child(uint32_t parent, bool is_open) {
    states_[parent].open_children += is_open ? 1 : -1;
    update(parent);
  }
  std::vector<double> take() { return std::move(times_); }

 private:
  struct State {
    double since = 0;  ///< each_ when it began to share
    int64_t open_children = 0;
    bool open = false;
    bool shares = false;
  };

  void update(uint32_t interval) {
    State& state = states_[interval];
    const bool shares = state.open && state.open_children == 0;
    if (shares == state.shares) return;
    state.shares = shares;
    if (shares) {
      ++sharing_;
      state.since = each_;
    } else {
      --sharing_;
      times_[interval] += each_ - state.since;
    }
  }

  std::vector<State> states_;
  std::vector<double> times_;
  double each_ = 0;  ///< what one that shared from the beginning would have by now
  uint64_t sharing_ = 0;
};

}  // namespace

std::vector<double> share_out(const std::vector<Interval>& intervals) {
  Sharing sharing(intervals.size());
  const std::vector<Edge> edges = sorted_edges(intervals);
  uint64_t now = edges.empty() ? 0 : edges.front().at;
  for (const Edge& edge : edges) {
    sharing.pass(edge.at - now);
    now = edge.at;
    sharing.open(edge.interval, edge.begins);
    if (edge.interval != 0) sharing.open_child(intervals[edge.interval].parent, edge.begins);
  }
  return sharing.take();
}

std::vector<uint64_t> critical_times(const std::vector<Interval>& intervals) {
  const auto count = static_cast<uint32_t>(intervals.size());
  std::vector<uint64_t> times(count);
  if (count == 0) return times;
  // The children of each, one after the other, those that end last first.
  std::vector<uint32_t> order;
  order.reserve(count);
  for (uint32_t i = 1; i < count; ++i) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const Interval &x = intervals[a], &y = intervals[b];
    return std::tuple(x.parent, y.to, y.from) < std::tuple(y.parent, x.to, x.from);
  });
  // Where the walk backwards through each stands; at its beginning: it is not on the path.
  std::vector<uint64_t> walked_to(count);
  for (uint32_t i = 0; i < count; ++i) walked_to[i] = intervals[i].from;
  walked_to[0] = intervals[0].to;
  // A parent stands before its children in `intervals`, and so do its children in `order`.
  for (const uint32_t child : order) {
    const Interval& interval = intervals[child];
    uint64_t& parent = walked_to[interval.parent];
    if (interval.from == interval.to || interval.to > parent) continue;
    times[interval.parent] += parent - interval.to;
    walked_to[child] = interval.to;
    parent = interval.from;
  }
  for (uint32_t i = 0; i < count; ++i) times[i] += walked_to[i] - intervals[i].from;
  return times;
}

}  // namespace seamtrace::collector::bottlenecks
