#include "cli/store_location.h"

#include <pwd.h>
#include <unistd.h>

#include <filesystem>

#include "collector/support/directory.h"

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

/// A folder below one that others write to, too: it must be this user's alone.
collector::Result<std::string> store_in(const std::string& shared) {
  const uid_t user = ::geteuid();
  const auto folder = collector::open_user_directory(shared, user, /*create=*/true);
  if (!folder)
    return collector::Error{folder.error().message +
                            "; name a file with --store or SEAMTRACE_STORE"};
  return shared + "/" + collector::user_directory_name(user) + "/traces.db";
}

}  // namespace

collector::Result<std::string> default_store_path(const collector::Configuration& configuration) {
  if (configuration.is_set("SEAMTRACE_STORE"))
    return std::filesystem::absolute(configuration.text("SEAMTRACE_STORE")).string();
  const std::string data(configuration.raw("XDG_DATA_HOME"));
  if (!data.empty() && data[0] == '/') return data + kFile;
  const std::string home = home_directory(configuration);
  if (writable(home)) return home + "/.local/share" + kFile;
  const std::string temporary(configuration.raw("TMPDIR"));
  return store_in(writable(temporary) ? temporary : "/tmp");
}

}  // namespace seamtrace::cli
