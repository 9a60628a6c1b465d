// Version: the one of the CMake project.
#pragma once

#include <string_view>

namespace seamtrace::collector {

inline constexpr std::string_view kVersion = SEAMTRACE_VERSION;

}  // namespace seamtrace::collector
