// What every command's declaration is made of.
// Path:    argv -> [cli] -> one of the commands
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "cli/command_line.h"

namespace seamtrace::cli {

CLI::App* add_command(CLI::App& app, const char* name, const char* about, const char* footer);

/// Code 2 and the sentence, with where to read more.
Parsed failure(const std::string& sentence, const CLI::App* command);

/// Fit for a terminal.
std::string in_quotes(std::string_view word);

/// `; did you mean 'x'?`, empty when nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace seamtrace::cli
