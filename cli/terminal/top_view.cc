#include "cli/terminal/top_view.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "cli/json_answer.h"
#include "cli/terminal/operation_table.h"
#include "cli/terminal/text_width.h"

namespace seamtrace::cli {

namespace {

using nlohmann::json;

constexpr std::array<const char*, 4> kSorts = {"total", "count", "slowest", "failing"};
constexpr char kEscape = '\x1b', kBackspace = '\x7f', kOtherBackspace = '\b', kEraseLine = '\x15';

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

void take_last_character(std::string& text) {
  while (!text.empty() && (text.back() & 0xC0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

}  // namespace

TopView::Effect TopView::press(char key) {
  if (typing_) {
    if (key == '\r' || key == '\n') {
      typing_ = false;
    } else if (key == kEscape) {
      typing_ = false;
      filter_.clear();
    } else if (key == kBackspace || key == kOtherBackspace) {
      take_last_character(filter_);
    } else if (key == kEraseLine) {
      filter_.clear();
    } else if (static_cast<unsigned char>(key) >= 0x20 && filter_.size() < 100) {
      filter_ += key;
    }
    return Effect::kRedraw;
  }
  switch (key) {
    case 'q':
      return Effect::kQuit;
    case 's': {
      const auto* now = std::ranges::find(kSorts, sort_);
      sort_ = now == kSorts.end() || now + 1 == kSorts.end() ? kSorts[0] : *(now + 1);
      return Effect::kAskAgain;
    }
    case 'e':
      errors_only_ = !errors_only_;
      return Effect::kRedraw;
    case '/':
      typing_ = true;
      filter_.clear();
      return Effect::kRedraw;
    case kEscape:
      filter_.clear();
      errors_only_ = false;
      return Effect::kRedraw;
    default:
      return Effect::kNothing;
  }
}

json TopView::chosen(const json& operations) const {
  json out = json::array();
  const std::string wanted = lower(filter_);
  for (const json& operation : operations) {
    if (errors_only_ && number(operation, "errors") == 0) continue;
    const std::string all = raw_text(operation, "service") + " " + raw_text(operation, "kind") +
                            " " + raw_text(operation, "name") + " " +
                            raw_text(member(operation, "peer"), "name");
    if (lower(all).find(wanted) != std::string::npos) out.push_back(operation);
  }
  return out;
}

std::string TopView::title(const json& operations, const Style& style) const {
  double rate = 0;
  uint64_t requests = 0, errors = 0;
  for (const json& operation : operations) {
    rate += real(operation, "rate");
    requests += number(operation, "count");
    errors += number(operation, "errors");
  }
  std::string text = "seamtrace top  " + style.shown(source_) + "  last " + window_ + "  " +
                     rate_text(rate) + " spans/s  errors " + share_text(errors, requests) +
                     "  by " + sort_;
  if (errors_only_) text += "  errors only";
  return style.painted(colours::kBold, cut_to(text, style.width, style.ellipsis()));
}

std::string TopView::foot(const Style& style) const {
  if (typing_)
    return cut_to("filter: " + style.shown(filter_) + "_", style.width, style.ellipsis());
  std::string text = "q quit  s sort  e errors only  / filter";
  if (!filter_.empty()) text += "  [filter: " + style.shown(filter_) + ", escape clears]";
  return style.painted(colours::kDim, cut_to(text, style.width, style.ellipsis()));
}

std::vector<std::string> TopView::lines(const json& operations, const std::string& fault,
                                        const Style& style) const {
  const json shown = chosen(operations);
  std::vector<std::string> out{title(shown, style)};
  if (!fault.empty())
    out.push_back(style.painted(colours::kRed, style.shown(fault, style.width)));
  else
    out.emplace_back();
  const size_t room = style.height > out.size() + 1 ? style.height - out.size() - 1 : 0;
  if (shown.empty()) {
    out.push_back(cut_to(operations.empty() ? "nothing happened in that time"
                                            : "nothing fits; e and / change what is shown",
                         style.width, style.ellipsis()));
  } else {
    for (std::string& line : operation_table(shown, {}, style).lines(style)) {
      if (out.size() >= room + 2) break;
      out.push_back(std::move(line));
    }
  }
  while (out.size() + 1 < style.height) out.emplace_back();
  out.push_back(foot(style));
  return out;
}

}  // namespace seamtrace::cli
