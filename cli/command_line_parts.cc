#include "cli/command_line_parts.h"

#include "collector/export/text.h"

namespace seamtrace::cli {

CLI::App* add_command(CLI::App& app, const char* name, const char* about, const char* footer) {
  CLI::App* command = app.add_subcommand(name, about);
  command->allow_extras();  // they are refused later on, with the nearest option
  command->footer(footer);
  return command;
}

Parsed failure(const std::string& sentence, const CLI::App* command) {
  const std::string name =
      command == nullptr || command->get_parent() == nullptr ? "" : " " + command->get_name();
  return {{}, kExitUsage, "seamtrace: " + sentence + "\nTry 'seamtrace" + name + " --help'.\n"};
}

std::string in_quotes(std::string_view word) {
  std::string text = "'";
  collector::append_printable(text, word);
  return text + "'";
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::string meant = nearest(word, known);
  return meant.empty() ? "" : "; did you mean '" + meant + "'?";
}

}  // namespace seamtrace::cli
