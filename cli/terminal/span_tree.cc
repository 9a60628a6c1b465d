#include "cli/terminal/span_tree.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>

#include "cli/json_answer.h"

namespace seamtrace::cli {

namespace {

using nlohmann::json;

constexpr size_t kNone = SIZE_MAX;

class Builder {
 public:
  explicit Builder(const json& trace) {
    for (const json& span : list(trace, "spans")) {
      SpanLine line;
      line.span = &span;
      line.start_ns = number(span, "start_ns");
      const uint64_t duration = number(span, "duration_ns");
      line.end_ns = line.start_ns + std::min(duration, UINT64_MAX - line.start_ns);
      spans_.push_back(std::move(line));
    }
    std::ranges::stable_sort(spans_, {}, &SpanLine::start_ns);
  }

  std::vector<SpanLine> build() {
    link();
    cut_circles();
    lay_out();
    mark_critical_path();
    return std::move(lines_);
  }

 private:
  void link() {
    std::map<std::string, size_t> by_id;
    for (size_t i = 0; i < spans_.size(); ++i)
      by_id.emplace(raw_text(*spans_[i].span, "span_id"), i);
    parents_.assign(spans_.size(), kNone);
    for (size_t i = 0; i < spans_.size(); ++i) {
      const std::string parent = raw_text(*spans_[i].span, "parent_span_id");
      if (parent.empty()) continue;
      if (const auto found = by_id.find(parent); found != by_id.end()) parents_[i] = found->second;
    }
  }

  /// The earliest span of each circle becomes a root.
  void cut_circles() {
    std::vector<size_t> walk_of(spans_.size(), kNone);
    for (size_t first = 0; first < spans_.size(); ++first) {
      size_t i = first;
      for (; i != kNone && walk_of[i] == kNone; i = parents_[i]) walk_of[i] = first;
      if (i == kNone || walk_of[i] != first) continue;
      size_t earliest = i;
      for (size_t next = parents_[i]; next != i; next = parents_[next])
        earliest = std::min(earliest, next);
      parents_[earliest] = kNone;
    }
  }

  /// Depth first without recursion: a chain of parents may be as long as the trace.
  void lay_out() {
    std::vector<std::vector<size_t>> children(spans_.size());
    std::vector<size_t> roots;
    for (size_t i = 0; i < spans_.size(); ++i)
      (parents_[i] == kNone ? roots : children[parents_[i]]).push_back(i);
    struct Step {
      size_t span, parent_line, depth;
      bool last;
    };
    std::vector<Step> open;
    const auto push = [&](const std::vector<size_t>& siblings, size_t parent_line, size_t depth) {
      for (size_t i = siblings.size(); i-- > 0;)
        open.push_back({siblings[i], parent_line, depth, i + 1 == siblings.size()});
    };
    push(roots, kNone, 0);
    while (!open.empty()) {
      const Step step = open.back();
      open.pop_back();
      SpanLine line = spans_[step.span];
      line.parent = step.parent_line;
      line.depth = step.depth;
      line.last_sibling = step.last;
      lines_.push_back(std::move(line));
      push(children[step.span], lines_.size() - 1, step.depth + 1);
    }
  }

  bool is_waited_for(size_t line) const {
    const SpanLine& child = lines_[line];
    const SpanLine& parent = lines_[child.parent];
    if (raw_text(*child.span, "kind") == "consumer") return false;
    // A server may end its span a moment after its caller has the answer.
    return child.end_ns <= parent.end_ns ||
           raw_text(*child.span, "service") != raw_text(*parent.span, "service");
  }

  void mark_critical_path() {
    std::vector<std::vector<size_t>> children(lines_.size());
    size_t root = kNone;
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i].parent != kNone) {
        if (is_waited_for(i)) children[lines_[i].parent].push_back(i);
      } else if (root == kNone || length(i) > length(root)) {
        root = i;
      }
    }
    if (root == kNone) return;
    struct Work {
      size_t line;
      uint64_t from, until;
    };
    std::vector<Work> open{{root, lines_[root].start_ns, lines_[root].end_ns}};
    while (!open.empty()) {
      const Work work = open.back();
      open.pop_back();
      lines_[work.line].critical = true;
      auto& path = lines_[work.line].path;
      uint64_t now = work.until;
      std::ranges::stable_sort(children[work.line], std::ranges::greater{},
                               [&](size_t i) { return lines_[i].end_ns; });
      for (const size_t child : children[work.line]) {
        const uint64_t end = std::min(lines_[child].end_ns, work.until);
        const uint64_t start = std::max(lines_[child].start_ns, work.from);
        if (end > now || start >= end) continue;
        if (now > end) path.emplace_back(end, now);
        open.push_back({child, start, end});
        now = start;
      }
      if (now > work.from) path.emplace_back(work.from, now);
    }
  }

  uint64_t length(size_t line) const { return lines_[line].end_ns - lines_[line].start_ns; }

  std::vector<SpanLine> spans_;  ///< by start
  std::vector<size_t> parents_;  ///< of spans_
  std::vector<SpanLine> lines_;
};

}  // namespace

std::vector<SpanLine> span_tree(const json& trace) { return Builder(trace).build(); }

}  // namespace seamtrace::cli
