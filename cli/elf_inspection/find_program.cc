#include <sys/stat.h>
#include <unistd.h>

#include "cli/elf_inspection/inspection.h"

namespace seamtrace::cli {

namespace {

bool exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

bool is_runnable(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::optional<std::string> find_program(const std::string& program,
                                        const std::string& search_path) {
  if (program.empty()) return {};
  if (program.find('/') != std::string::npos)
    return exists(program) ? std::optional(program) : std::nullopt;
  // As a shell does: a file that cannot be executed is only the answer if no other can.
  std::optional<std::string> second_best;
  const std::string path = search_path.empty() ? "/usr/local/bin:/usr/bin:/bin" : search_path;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find(':', begin), path.size());
    const std::string folder = path.substr(begin, end - begin);
    const std::string candidate = (folder.empty() ? "." : folder) + "/" + program;
    if (is_runnable(candidate)) return candidate;
    if (!second_best && exists(candidate)) second_best = candidate;
    begin = end + 1;
  }
  return second_best;
}

}  // namespace seamtrace::cli
