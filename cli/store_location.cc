#include "cli/store_location.h"

#include <pwd.h>
#include <unistd.h>

namespace seamtrace::cli {
namespace {

constexpr char kFile[] = "/seamtrace/traces.db";

std::string home_directory(const collector::Configuration& configuration) {
  const std::string home(configuration.raw("HOME"));
  if (!home.empty()) return home;
  const passwd* user = ::getpwuid(::geteuid());
  return user == nullptr ? "" : user->pw_dir;
}

bool writable(const std::string& directory) {
  return !directory.empty() && directory[0] == '/' && ::access(directory.c_str(), W_OK) == 0;
}

}  // namespace

std::string default_store_path(const collector::Configuration& configuration) {
  if (configuration.is_set("SEAMTRACE_STORE"))
    return std::string(configuration.text("SEAMTRACE_STORE"));
  const std::string data(configuration.raw("XDG_DATA_HOME"));
  if (!data.empty() && data[0] == '/') return data + kFile;
  const std::string home = home_directory(configuration);
  if (writable(home)) return home + "/.local/share" + kFile;
  const std::string temporary(configuration.raw("TMPDIR"));
  return (writable(temporary) ? temporary : "/tmp") + "/seamtrace-" + std::to_string(::geteuid()) +
         "/traces.db";
}

}  // namespace seamtrace::cli
