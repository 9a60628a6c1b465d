// HelpEnvironment: every variable that is understood, out of wire/configuration.def.
#pragma once

#include <string>

namespace seamtrace::cli {

std::string environment_help();

}  // namespace seamtrace::cli
