#include "cli/help_environment.h"

#include <string_view>
#include <vector>

#include "wire/configuration.h"

namespace seamtrace::cli {

namespace {

constexpr size_t kWidth = 96;
constexpr std::string_view kIndent = "      ";

void append_wrapped(std::string& out, std::string_view text) {
  size_t column = 0;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    if (column != 0 && column + 1 + word.size() > kWidth) {
      out += '\n';
      column = 0;
    }
    out += column == 0 ? kIndent : " ";
    column += word.size() + (column == 0 ? kIndent.size() : 1);
    out += word;
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  out += '\n';
}

std::string_view form_of(wire::OptionKind kind) {
  switch (kind) {
    case wire::OptionKind::boolean:
      return "true | false";
    case wire::OptionKind::string:
      return "TEXT";
    case wire::OptionKind::integer:
      return "NUMBER";
    case wire::OptionKind::duration:
      return "MILLISECONDS";
    case wire::OptionKind::ratio:
      return "0..1";
    case wire::OptionKind::choice:
      return "one of";
    case wire::OptionKind::choices:
      return "list of";
    case wire::OptionKind::pairs:
      return "k=v,k=v";
    case wire::OptionKind::names:
      return "NAME,NAME";
  }
  return "TEXT";
}

void append_option(std::string& out, const wire::Option& option) {
  const bool is_choice =
      option.kind == wire::OptionKind::choice || option.kind == wire::OptionKind::choices;
  out += "  ";
  out += option.name;
  out += '=';
  out += is_choice ? std::string_view("...") : form_of(option.kind);
  if (!option.default_text.empty()) {
    out += "   (default ";
    out += option.default_text;
    out += ')';
  }
  out += '\n';
  append_wrapped(out, option.help);
  if (is_choice)
    append_wrapped(out, std::string(form_of(option.kind)) + ": " + std::string(option.values));
}

}  // namespace

std::string environment_help() {
  std::string out =
      "Variables that seamtrace and the traced programs understand. An empty value means unset;\n"
      "a bad one is reported and ignored.\n";
  std::vector<std::string_view> groups;
  for (const wire::Option& option : wire::kOptions) {
    bool known = false;
    for (const std::string_view group : groups) known = known || group == option.group;
    if (!known) groups.push_back(option.group);
  }
  for (const std::string_view group : groups) {
    out += '\n';
    out += group;
    out += ":\n";
    for (const wire::Option& option : wire::kOptions)
      if (option.group == group) append_option(out, option);
  }
  return out;
}

}  // namespace seamtrace::cli
