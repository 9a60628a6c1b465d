#include "cli/preload.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace seamtrace::cli {

namespace {

constexpr char kLibrary[] = "libseamtrace.so";

std::vector<std::string_view> entries(std::string_view preload) {
  std::vector<std::string_view> list;
  while (!preload.empty()) {
    const size_t end = std::min(preload.find_first_of(" :"), preload.size());
    if (end != 0) list.push_back(preload.substr(0, end));
    preload.remove_prefix(std::min(end + 1, preload.size()));
  }
  return list;
}

bool is_agent(std::string_view entry) {
  return entry.substr(entry.rfind('/') + 1).starts_with(kLibrary);
}

std::string without_agent(std::string_view preload) {
  std::string rest;
  for (const std::string_view entry : entries(preload)) {
    if (is_agent(entry)) continue;
    if (!rest.empty()) rest += ':';
    rest += entry;
  }
  return rest;
}

std::string beside_this_program() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return {};
  const std::string_view self(path, static_cast<size_t>(length));
  const std::string_view bin = self.substr(0, self.rfind('/'));
  return std::string(bin.substr(0, bin.rfind('/'))) + "/lib/" + kLibrary;
}

}  // namespace

collector::Result<std::string> find_agent_library(std::string_view override_path) {
  const std::string wanted =
      override_path.empty() ? beside_this_program() : std::string(override_path);
  char* real = ::realpath(wanted.c_str(), nullptr);
  if (real == nullptr)
    return collector::Error{"the agent's library '" + wanted +
                            "' is missing; SEAMTRACE_LIBRARY can name another place"};
  const std::string path(real);
  ::free(real);
  if (path.find_first_of(" :") != std::string::npos)
    return collector::Error{"the agent's library '" + path +
                            "' cannot be preloaded: its path has a space or a colon"};
  return path;
}

std::string prepend_preload(std::string_view preload, std::string_view library) {
  std::string result(library);
  for (const std::string_view entry : entries(preload)) {
    if (entry == library) continue;
    result += ':';
    result += entry;
  }
  return result;
}

bool names_agent(std::string_view preload) {
  for (const std::string_view entry : entries(preload))
    if (is_agent(entry)) return true;
  return false;
}

void shed_agent(char** argv) {
  const char* preload = ::getenv("LD_PRELOAD");
  const bool is_loaded = ::dlsym(RTLD_DEFAULT, "seamtrace_bootstrap") != nullptr;
  if (preload == nullptr || !is_loaded || !names_agent(preload)) return;
  const std::string rest = without_agent(preload);
  if (rest.empty())
    ::unsetenv("LD_PRELOAD");
  else
    ::setenv("LD_PRELOAD", rest.c_str(), 1);
  ::execv("/proc/self/exe", argv);
}

}  // namespace seamtrace::cli
