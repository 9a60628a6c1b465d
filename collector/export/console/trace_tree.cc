#include "collector/export/console/trace_tree.h"

#include <algorithm>
#include <map>
#include <set>

#include "collector/export/console/http_reason.h"
#include "collector/export/text.h"
#include "collector/process/resource.h"
#include "collector/support/utf8.h"

namespace seamtrace::collector {

namespace {

constexpr size_t kLongestText = 100;
constexpr size_t kWidestColumn = 96;

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";

std::string_view text_of(const Span& span, std::string_view key) {
  for (const Attribute& attribute : span.attributes)
    if (attribute.key == key)
      if (const auto* text = std::get_if<std::string_view>(&attribute.value)) return *text;
  return {};
}

int64_t integer_of(const Span& span, std::string_view key) {
  for (const Attribute& attribute : span.attributes)
    if (attribute.key == key)
      if (const auto* integer = std::get_if<int64_t>(&attribute.value)) return *integer;
  return 0;
}

/// Safe for a terminal, and not longer than a line can bear.
std::string shown(std::string_view text) {
  const std::string_view cut = truncate_utf8_bytes(text, kLongestText);
  std::string out;
  append_printable(out, cut);
  if (cut.size() < text.size()) out += "…";
  return out;
}

std::string error_in_words(const Span& span) {
  if (span.status != StatusCode::kError) return {};
  if (!span.status_message.empty()) return shown(span.status_message);
  const std::string_view type = text_of(span, "error.type");
  const std::string_view reason = http_reason(type);
  return reason.empty() ? shown(type) : std::string(reason);
}

std::string_view kind_sign(SpanKind kind) {
  switch (kind) {
    case SpanKind::kServer:
      return "←";
    case SpanKind::kClient:
      return "→";
    case SpanKind::kProducer:
      return "⇢";
    case SpanKind::kConsumer:
      return "⇠";
    case SpanKind::kInternal:
      return "•";
  }
  return "•";
}

size_t width_of(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

class Renderer {
 public:
  Renderer(std::vector<TreeSpan> spans, bool colour) : spans_(std::move(spans)), colour_(colour) {}

  std::string render() {
    std::ranges::stable_sort(spans_, {}, &TreeSpan::start_unix_ns);
    link();
    uint64_t end = 0;
    for (const TreeSpan& span : spans_) end = std::max(end, span.end_unix_ns);
    first_start_ = spans_.front().start_unix_ns;
    paint(kBold, "trace " + to_hex(spans_.front().trace_id));
    paint(kDim, "  " + std::to_string(spans_.size()) + (spans_.size() == 1 ? " span" : " spans") +
                    "  " + to_duration(end > first_start_ ? end - first_start_ : 0));
    out_ += '\n';
    for (size_t i = 0; i < roots_.size(); ++i) lay_out(roots_[i], "", i + 1 == roots_.size());
    for (const Line& line : lines_)
      column_ = std::max(column_, std::min(line.width, kWidestColumn));
    for (const Line& line : lines_) write(line);
    return std::move(out_);
  }

 private:
  struct Line {
    const TreeSpan* span;
    std::string branch;  ///< the glyphs in front
    size_t width;        ///< of everything left of the status column
  };

  /// Finds children and roots. A span that cannot be reached from a root (a cycle of parents)
  /// becomes a root itself.
  void link() {
    std::map<SpanId, size_t> by_id;
    for (size_t i = 0; i < spans_.size(); ++i) by_id.emplace(spans_[i].span_id, i);
    children_.resize(spans_.size());
    for (size_t i = 0; i < spans_.size(); ++i) {
      const auto parent = by_id.find(spans_[i].parent_span_id);
      if (parent == by_id.end() || parent->second == i)
        roots_.push_back(i);
      else
        children_[parent->second].push_back(i);
    }
    std::vector<bool> reached(spans_.size());
    for (const size_t root : roots_) reach(root, reached);
    for (size_t i = 0; i < spans_.size(); ++i) {
      if (reached[i]) continue;
      for (auto& siblings : children_) std::erase(siblings, i);
      roots_.push_back(i);
      reach(i, reached);
    }
  }

  void reach(size_t from, std::vector<bool>& reached) {
    std::vector<size_t> open{from};
    while (!open.empty()) {
      const size_t i = open.back();
      open.pop_back();
      if (reached[i]) continue;
      reached[i] = true;
      open.insert(open.end(), children_[i].begin(), children_[i].end());
    }
  }

  /// Depth first without recursion: a chain of parents may be as long as the trace.
  void lay_out(size_t root, const std::string& root_indent, bool root_is_last) {
    struct Step {
      size_t span;
      std::string indent;
      bool is_last;
    };
    constexpr size_t kDeepestIndent = 60;
    std::vector<Step> open{{root, root_indent, root_is_last}};
    while (!open.empty()) {
      const Step step = std::move(open.back());
      open.pop_back();
      const TreeSpan& span = spans_[step.span];
      Line line{&span, step.indent + (step.is_last ? "└─ " : "├─ "), 0};
      line.width = width_of(line.branch) + width_of(label(span)) + 2;
      lines_.push_back(std::move(line));
      const auto& children = children_[step.span];
      std::string indent = step.indent;
      if (width_of(indent) < kDeepestIndent) indent += step.is_last ? "   " : "│  ";
      for (size_t i = children.size(); i-- > 0;)
        open.push_back({children[i], indent, i + 1 == children.size()});
    }
  }

  /// Sign, service, name and path, without colours.
  static std::string label(const TreeSpan& span) {
    return std::string(kind_sign(span.kind)) + " " + span.service + "  " + request(span);
  }

  static std::string request(const TreeSpan& span) {
    if (span.path.empty() || span.name.ends_with(" " + span.path)) return span.name;
    return span.name + " " + span.path;
  }

  void write(const Line& line) {
    const TreeSpan& span = *line.span;
    paint(kDim, line.branch);
    out_ += kind_sign(span.kind);
    out_ += ' ';
    paint(kBold, span.service);
    out_ += "  " + request(span);
    const size_t used = line.width - 2;
    out_.append(used < column_ ? column_ - used : 2, ' ');
    paint(status_colour(span), span.status.empty() ? "  -" : span.status);
    right_aligned(
        to_duration(span.end_unix_ns > span.start_unix_ns ? span.end_unix_ns - span.start_unix_ns
                                                          : 0),
        {});
    right_aligned("+" + to_duration(span.start_unix_ns - first_start_), kDim);
    if (span.failed) paint(kRed, span.error.empty() ? "  error" : "  error: " + span.error);
    out_ += '\n';
  }

  static std::string_view status_colour(const TreeSpan& span) {
    if (span.failed) return kRed;
    if (span.status.starts_with('4')) return kYellow;
    return span.status.empty() ? kDim : kGreen;
  }

  void right_aligned(const std::string& text, std::string_view colour) {
    constexpr size_t kColumn = 10;
    out_.append(text.size() < kColumn ? kColumn - text.size() : 1, ' ');
    paint(colour, text);
  }

  void paint(std::string_view colour, std::string_view text) {
    const bool painted = colour_ && !colour.empty();
    if (painted) out_ += colour;
    out_ += text;
    if (painted) out_ += kReset;
  }

  std::vector<TreeSpan> spans_;
  const bool colour_;
  std::vector<std::vector<size_t>> children_;
  std::vector<size_t> roots_;
  std::vector<Line> lines_;
  size_t column_ = 0;
  uint64_t first_start_ = 0;
  std::string out_;
};

}  // namespace

namespace {

/// `orders` of `SELECT orders` says little without the kind of data store; a failure is shown by
/// its code, a read of a cache by whether it was a hit.
void describe_database(const Span& span, std::string_view system, TreeSpan& out) {
  out.name = span.name == system ? shown(system) : shown(system) + " " + out.name;
  out.status = shown(text_of(span, "db.response.status_code"));
  if (!out.status.empty()) return;
  for (const Attribute& attribute : span.attributes)
    if (attribute.key == "seamtrace.cache.hit")
      if (const bool* hit = std::get_if<bool>(&attribute.value)) out.status = *hit ? "hit" : "miss";
}

}  // namespace

TreeSpan tree_span(const Span& span) {
  TreeSpan out;
  out.trace_id = span.trace_id;
  out.span_id = span.span_id;
  out.parent_span_id = span.parent_span_id;
  out.parent_remote = span.parent_remote;
  out.kind = span.kind;
  out.failed = span.status == StatusCode::kError;
  out.start_unix_ns = span.start_unix_ns;
  out.end_unix_ns = span.end_unix_ns;
  out.service = span.resource == nullptr ? "" : shown(span.resource->service_name());
  out.name = shown(span.name);
  const std::string_view address = text_of(span, "url.full");
  if (!address.empty()) {
    out.path = shown(address);
  } else if (const std::string_view path = text_of(span, "url.path"); !path.empty()) {
    const std::string_view query = text_of(span, "url.query");
    out.path =
        shown(query.empty() ? std::string(path) : std::string(path) + "?" + std::string(query));
  }
  if (const int64_t status = integer_of(span, "http.response.status_code"); status != 0)
    out.status = std::to_string(status);
  if (const std::string_view system = text_of(span, "db.system.name"); !system.empty())
    describe_database(span, system, out);
  out.error = error_in_words(span);
  return out;
}

std::string render_trace(std::vector<TreeSpan> spans, bool colour) {
  return Renderer(std::move(spans), colour).render();
}

}  // namespace seamtrace::collector
