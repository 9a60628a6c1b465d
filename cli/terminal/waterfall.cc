#include "cli/terminal/waterfall.h"

#include <algorithm>
#include <map>
#include <vector>

#include "cli/json_answer.h"
#include "cli/local_time.h"
#include "cli/terminal/span_details.h"
#include "cli/terminal/span_tree.h"
#include "cli/terminal/text_width.h"

namespace seamtrace::cli {

namespace {

using nlohmann::json;

constexpr size_t kDurationWidth = 8;
constexpr size_t kNarrowestBar = 12;
constexpr size_t kNarrowestLabel = 24;

struct Glyphs {
  const char *branch, *last_branch, *pass, *critical, *other;
};
constexpr Glyphs kUnicode{"├─ ", "└─ ", "│  ", "█", "─"};
constexpr Glyphs kAscii{"|- ", "`- ", "|  ", "#", "-"};

std::string sign_of(const json& span, bool unicode) {
  const std::string kind = raw_text(span, "kind");
  if (kind == "server") return unicode ? "←" : "<";
  if (kind == "client") return unicode ? "→" : ">";
  if (kind == "producer") return unicode ? "⇢" : ">>";
  if (kind == "consumer") return unicode ? "⇠" : "<<";
  return unicode ? "•" : "*";
}

/// A service keeps its colour within a trace. Red is for errors.
constexpr std::string_view kServiceColours[] = {"\x1b[36m", "\x1b[32m", "\x1b[34m",
                                                "\x1b[35m", "\x1b[33m", "\x1b[96m",
                                                "\x1b[92m", "\x1b[94m", "\x1b[95m"};

class Renderer {
 public:
  Renderer(const json& trace, const WaterfallOptions& options, const Style& style)
      : trace_(trace),
        options_(options),
        style_(style),
        glyphs_(style.unicode ? kUnicode : kAscii),
        lines_(span_tree(trace)) {
    for (const SpanLine& line : lines_) {
      end_ns_ = std::max(end_ns_, line.end_ns);
      const std::string service = raw_text(*line.span, "service");
      services_.try_emplace(service,
                            kServiceColours[services_.size() % std::size(kServiceColours)]);
      outcomes_.push_back(outcome_of(*line.span, style));
      outcome_width_ = std::max(outcome_width_, text_width(outcomes_.back()));
    }
    outcome_width_ = std::min<size_t>(outcome_width_, 7);
    choose_widths();
  }

  std::string render() {
    write_head();
    for (size_t i = 0; i < lines_.size(); ++i) write(i);
    return std::move(out_);
  }

 private:
  void choose_widths() {
    const size_t fixed = 2 + outcome_width_ + 2 + kDurationWidth + 2;
    const size_t room = style_.width > fixed ? style_.width - fixed : 0;
    size_t longest = 0;
    for (size_t i = 0; i < lines_.size(); ++i)
      longest = std::max(longest, indent_width(lines_[i]) + text_width(label(i)));
    if (room < kNarrowestLabel + kNarrowestBar) {
      label_width_ = std::max<size_t>(std::min(longest, room), 8);
      return;
    }
    const size_t most = room - std::max(kNarrowestBar, room * 2 / 5);
    label_width_ = std::clamp(longest, kNarrowestLabel, most);
    bar_width_ = room - label_width_;
  }

  /// Deep trees must leave room for names.
  size_t shown_depth(const SpanLine& line) const {
    return std::min<size_t>(line.depth, std::max<size_t>(style_.width / 12, 2));
  }
  size_t indent_width(const SpanLine& line) const { return shown_depth(line) * 3; }

  std::string branch(const SpanLine& line) const {
    if (line.depth == 0) return {};
    std::string out = line.last_sibling ? glyphs_.last_branch : glyphs_.branch;
    size_t pieces = 1;
    for (const SpanLine* up = &lines_[line.parent]; up->depth > 0 && pieces < shown_depth(line);
         up = &lines_[up->parent], ++pieces)
      out = (up->last_sibling ? "   " : glyphs_.pass) + out;
    return out;
  }

  bool shows_service(const SpanLine& line) const {
    return line.parent == SIZE_MAX ||
           raw_text(*line.span, "service") != raw_text(*lines_[line.parent].span, "service");
  }

  /// What stands behind the sign and the service.
  std::string request(const json& span) const {
    constexpr size_t kLongest = 200;
    const std::string name = style_.shown(raw_text(span, "name"), kLongest);
    const json& attributes = member(span, "attributes");
    if (const std::string system = raw_text(attributes, "db.system.name"); !system.empty())
      return name == system ? name : style_.shown(system, kLongest) + " " + name;
    std::string path = raw_text(attributes, "url.full");
    if (path.empty()) path = raw_text(attributes, "url.path");
    path = style_.shown(path, kLongest);
    return path.empty() || name.ends_with(" " + path) ? name : name + " " + path;
  }

  std::string label(size_t i) const {
    const SpanLine& line = lines_[i];
    std::string out = sign_of(*line.span, style_.unicode) + " ";
    if (shows_service(line)) out += style_.shown(raw_text(*line.span, "service"), 40) + "  ";
    return out + request(*line.span);
  }

  void write_head() {
    const uint64_t errors = number(trace_, "errors");
    out_ += style_.painted(colours::kBold, "trace " + style_.shown(raw_text(trace_, "trace_id")));
    out_ += "  " + local_date_time(number(trace_, "start_us")) + "  " +
            collector::to_duration(number(trace_, "duration_ns")) + "  " +
            std::to_string(lines_.size()) + (lines_.size() == 1 ? " span" : " spans");
    const uint64_t all = number(trace_, "span_count");
    if (all > lines_.size())
      out_ += "  " + style_.painted(colours::kRed, "only the first of " + std::to_string(all));
    if (errors != 0)
      out_ += "  " + style_.painted(colours::kRed,
                                    std::to_string(errors) + (errors == 1 ? " error" : " errors"));
    out_ += '\n';
    if (bar_width_ == 0) return;
    const std::string middle = collector::to_duration(end_ns_ / 2);
    const std::string end = collector::to_duration(end_ns_);
    std::string scale = "0";
    if (bar_width_ > 2 * (middle.size() + end.size())) {
      scale = padded(scale, bar_width_ / 2);
      scale += middle;
    }
    scale = padded(scale, bar_width_ - std::min(bar_width_, end.size())) + end;
    out_ +=
        std::string(style_.width - bar_width_, ' ') + style_.painted(colours::kDim, scale) + '\n';
  }

  void write(size_t i) {
    const SpanLine& line = lines_[i];
    const json& span = *line.span;
    const bool failed = raw_text(span, "status") == "error";
    const std::string_view colour =
        failed ? colours::kRed : services_.at(raw_text(span, "service"));
    const std::string front = branch(line);
    const size_t room = label_width_ - std::min(label_width_, text_width(front));
    const std::string name = padded(cut_to(label(i), room, style_.ellipsis()), room);
    out_ += style_.painted(colours::kDim, front);
    out_ += failed ? style_.painted(colours::kRed, name) : paint_service(line, name);
    const std::string outcome = cut_to(outcomes_[i], outcome_width_, style_.ellipsis());
    out_ += "  " + style_.painted(failed ? colours::kRed : colours::kPlain,
                                  padded(outcome, outcome_width_));
    std::string duration = collector::to_duration(line.end_ns - line.start_ns);
    out_ += "  " + padded(duration, kDurationWidth, true);
    if (bar_width_ != 0) out_ += "  " + bar(line, colour);
    out_.erase(out_.find_last_not_of(' ') + 1);
    out_ += '\n';
    const std::string indent(std::min<size_t>(text_width(front) + 5, 40), ' ');
    if (failed) {
      if (const std::string words = error_words(span); !words.empty())
        out_ +=
            indent + style_.painted(colours::kRed, detail_text("error: " + words, indent)) + "\n";
    }
    if (!options_.attributes) return;
    for (const std::string& text : span_details(span, trace_))
      out_ += indent + style_.painted(colours::kDim, detail_text(text, indent)) + "\n";
  }

  std::string paint_service(const SpanLine& line, const std::string& name) const {
    if (!style_.colour || !shows_service(line)) return name;
    const std::string service = style_.shown(raw_text(*line.span, "service"), 40);
    const size_t at = name.find(service);
    if (service.empty() || at == std::string::npos) return name;
    return name.substr(0, at) +
           style_.painted(services_.at(raw_text(*line.span, "service")), service) +
           name.substr(at + service.size());
  }

  /// On a terminal a line stays a line; elsewhere nothing is left out.
  std::string detail_text(const std::string& untrusted, const std::string& indent) const {
    if (!style_.terminal) return style_.shown(untrusted);
    return style_.shown(untrusted, style_.width - std::min(style_.width, indent.size()));
  }

  size_t cell_of(uint64_t ns) const {
    const double share =
        static_cast<double>(ns) / static_cast<double>(std::max<uint64_t>(end_ns_, 1));
    return std::min(static_cast<size_t>(share * static_cast<double>(bar_width_)), bar_width_ - 1);
  }

  std::string bar(const SpanLine& line, std::string_view colour) const {
    const size_t first = cell_of(line.start_ns);
    const size_t last = std::max(first, cell_of(std::max(line.end_ns, line.start_ns + 1) - 1));
    std::vector<bool> solid(last - first + 1);
    // Where several parts share a cell the larger one counts; the longest part always shows.
    std::vector<double> share(solid.size());
    const double cell =
        static_cast<double>(std::max<uint64_t>(end_ns_, 1)) / static_cast<double>(bar_width_);
    for (const auto& [from, to] : line.path) {
      const size_t end = std::clamp(cell_of(to - 1), first, last);
      for (size_t c = std::clamp(cell_of(from), first, last); c <= end; ++c) {
        const double begin = std::max(static_cast<double>(from), static_cast<double>(c) * cell);
        const double until = std::min(static_cast<double>(to), static_cast<double>(c + 1) * cell);
        share[c - first] += std::max(0.0, until - begin);
      }
    }
    const auto largest = std::ranges::max_element(share);
    for (size_t c = 0; c < solid.size(); ++c) {
      const double begin =
          std::max(static_cast<double>(line.start_ns), static_cast<double>(c + first) * cell);
      const double until =
          std::min(static_cast<double>(line.end_ns), static_cast<double>(c + first + 1) * cell);
      solid[c] = share[c] > 0 && 2 * share[c] >= until - begin;
    }
    if (!line.path.empty()) solid[static_cast<size_t>(largest - share.begin())] = true;
    std::string text;
    for (const bool is_solid : solid) text += is_solid ? glyphs_.critical : glyphs_.other;
    return std::string(first, ' ') + style_.painted(colour, text);
  }

  const json& trace_;
  const WaterfallOptions& options_;
  const Style& style_;
  const Glyphs& glyphs_;
  const std::vector<SpanLine> lines_;
  std::map<std::string, std::string_view> services_;
  std::vector<std::string> outcomes_;
  uint64_t end_ns_ = 0;
  size_t outcome_width_ = 1;
  size_t label_width_ = 0;
  size_t bar_width_ = 0;  ///< 0: no room for bars
  std::string out_;
};

}  // namespace

std::string outcome_of(const json& span, const Style& style) {
  const json& attributes = member(span, "attributes");
  if (const uint64_t status = number(attributes, "http.response.status_code"); status != 0)
    return std::to_string(status);
  if (const std::string code = raw_text(attributes, "db.response.status_code"); !code.empty())
    return style.shown(code, 12);
  if (member(attributes, "seamtrace.cache.hit").is_boolean())
    return flag(attributes, "seamtrace.cache.hit") ? "hit" : "miss";
  const std::string status = raw_text(span, "status");
  return status == "error" ? "error" : status == "ok" ? "ok" : "";
}

std::string waterfall(const json& trace, const WaterfallOptions& options, const Style& style) {
  return Renderer(trace, options, style).render();
}

}  // namespace seamtrace::cli
