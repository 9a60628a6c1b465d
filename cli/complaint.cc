#include "cli/complaint.h"

#include <cstdio>
#include <string>

#include "cli/command_line.h"
#include "collector/export/text.h"

namespace seamtrace::cli {
namespace {

void print(std::string line, std::string_view sentence) {
  collector::append_printable(line, sentence);
  std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace

int fail(std::string_view sentence) {
  print("seamtrace: ", sentence);
  return kExitFailed;
}

void warn(std::string_view sentence) { print("seamtrace: warning: ", sentence); }

}  // namespace seamtrace::cli
