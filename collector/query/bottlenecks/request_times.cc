#include "collector/query/bottlenecks/request_times.h"

#include <algorithm>

#include "collector/query/bottlenecks/interval_tree.h"
#include "collector/store/peer.h"

namespace seamtrace::collector::bottlenecks {
namespace {

/// The spans of a request with what their time is counted as.
class Division {
 public:
  Division(const SpanTree& tree, uint32_t request, Parts& parts)
      : tree_(tree), parts_(parts), service_(tree.service(request)) {
    const Span& span = tree.span(request);
    const uint64_t end = std::max(span.start_unix_ns, span.end_unix_ns);
    add(request, 0, {0, span.start_unix_ns, end}, {PartKind::kSelf, "service", service_}, 1);
    // `spans_` grows while it is walked.
    for (uint32_t i = 0; i < spans_.size(); ++i) add_children(i);
  }

  std::vector<PartTime> times() const {
    const std::vector<double> shares = share_out(intervals_);
    const std::vector<uint64_t> critical = critical_times(intervals_);
    std::vector<PartTime> all(intervals_.size());
    for (size_t i = 0; i < all.size(); ++i)
      all[i] = {spans_[i].part, spans_[i].calls, shares[i], critical[i]};
    std::sort(all.begin(), all.end(),
              [](const PartTime& a, const PartTime& b) { return a.part < b.part; });
    std::vector<PartTime> merged;
    for (const PartTime& one : all) {
      if (merged.empty() || merged.back().part != one.part) {
        merged.push_back(one);
        continue;
      }
      merged.back().calls += one.calls;
      merged.back().ns += one.ns;
      merged.back().critical_ns += one.critical_ns;
    }
    return merged;
  }

 private:
  struct Counted {
    uint32_t span;
    uint32_t part;
    uint32_t calls;
    bool inside;  ///< of the request's own service: its children are looked at
  };

  void add(uint32_t span, uint32_t parent, Interval interval, const PartView& part, uint32_t calls,
           bool inside = true) {
    interval.parent = parent;
    intervals_.push_back(interval);
    spans_.push_back({span, parts_.number(part), calls, inside});
  }

  void add_children(uint32_t position) {
    const Counted counted = spans_[position];
    if (!counted.inside) return;
    for (const uint32_t child : tree_.children(counted.span)) {
      if (child == spans_.front().span) continue;  // spans in a circle
      switch (tree_.span(child).kind) {
        case SpanKind::kConsumer:
          break;  // it works on what was sent, and nobody here waits for it
        case SpanKind::kServer:
          add(child, position, within(child, position),
              {PartKind::kDependency, "service", tree_.service(child)}, 1, false);
          break;
        case SpanKind::kClient:
        case SpanKind::kProducer:
          add_call(child, position);
          break;
        default:
          add_internal(child, position);
      }
    }
  }

  void add_internal(uint32_t child, uint32_t position) {
    const bool inside = tree_.service(child) == service_;
    const PartView part = inside
                              ? PartView{PartKind::kDependency, "internal", tree_.span(child).name}
                              : PartView{PartKind::kDependency, "service", tree_.service(child)};
    add(child, position, within(child, position), part, 1, inside);
  }

  void add_call(uint32_t child, uint32_t position) {
    const uint32_t answer = answer_of(child);
    if (answer != SpanTree::kNone) {
      add(child, position, within(child, position),
          {PartKind::kWaiting, "service", tree_.service(answer)}, 1);
      return;
    }
    const Node peer = peer_of(tree_.span(child));
    const NodeKind kind = peer.kind == NodeKind::kNone ? NodeKind::kExternal : peer.kind;
    const std::string_view name = peer.name.empty() ? tree_.span(child).name : peer.name;
    add(child, position, within(child, position),
        {PartKind::kDependency, node_kind_name(kind), name}, 1);
  }

  /// The server span that answered a client span, the earliest when it was sent again.
  uint32_t answer_of(uint32_t client) const {
    if (tree_.span(client).kind != SpanKind::kClient) return SpanTree::kNone;
    for (const uint32_t child : tree_.children(client))
      if (tree_.span(child).kind == SpanKind::kServer) return child;
    return SpanTree::kNone;
  }

  Interval within(uint32_t span, uint32_t position) const {
    const Interval& parent = intervals_[position];
    uint64_t from = tree_.span(span).start_unix_ns;
    uint64_t to = std::max(from, tree_.span(span).end_unix_ns);
    const bool clocks_differ = tree_.span(span).kind == SpanKind::kServer &&
                               (from < parent.from || from >= parent.to) &&
                               to - from <= parent.to - parent.from;
    if (clocks_differ) {
      const uint64_t length = to - from;
      from = parent.from + (parent.to - parent.from - length) / 2;
      to = from + length;
    }
    return {0, std::clamp(from, parent.from, parent.to), std::clamp(to, parent.from, parent.to)};
  }

  const SpanTree& tree_;
  Parts& parts_;
  std::string_view service_;
  std::vector<Interval> intervals_;
  std::vector<Counted> spans_;
};

}  // namespace

std::vector<PartTime> divide_request(const SpanTree& tree, uint32_t request, Parts& parts) {
  return Division(tree, request, parts).times();
}

}  // namespace seamtrace::collector::bottlenecks
