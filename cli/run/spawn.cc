#include "cli/run/spawn.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cli/command_line.h"
#include "cli/elf_inspection/inspection.h"
#include "collector/export/text.h"
#include "collector/support/file_descriptor.h"

namespace seamtrace::cli {

namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

}  // namespace

EnvironmentList current_environment() {
  EnvironmentList list;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry)
    list.emplace_back(*entry);
  return list;
}

void set_variable(EnvironmentList& environment, const std::string& name, const std::string& value) {
  std::erase_if(environment,
                [&](const std::string& entry) { return entry.starts_with(name + "="); });
  environment.push_back(name + "=" + value);
}

int become_program(const std::vector<std::string>& command, const EnvironmentList& environment) {
  const auto arguments = pointers(command);
  const auto variables = pointers(environment);
  ::execvpe(arguments[0], arguments.data(), variables.data());
  return errno;
}

Spawned spawn_program(const std::vector<std::string>& command, const EnvironmentList& environment,
                      const SignalState& signals) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {-1, errno};
  collector::FileDescriptor reader(ends[0]), writer(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return {-1, errno};
  if (pid == 0) {
    restore_signals(signals);
    const int error_number = become_program(command, environment);
    if (::write(writer.get(), &error_number, sizeof error_number) < 0) {
    }  // the parent is gone
    ::_exit(kExitNotFound);
  }
  writer.reset();
  int error_number = 0;
  ssize_t got;
  do {
    got = ::read(reader.get(), &error_number, sizeof error_number);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof error_number) return {pid, 0};  // exec closed the pipe: it runs
  int status;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return {-1, error_number};
}

int explain_start_failure(const std::string& program, int error_number) {
  std::string name;
  collector::append_printable(name, program);
  const char* path = ::getenv("PATH");
  const auto found = find_program(program, path == nullptr ? "" : path);
  if (!found && (error_number == ENOENT || error_number == ENOTDIR)) {
    std::fprintf(stderr, "seamtrace: there is no program '%s'%s\n", name.c_str(),
                 program.find('/') == std::string::npos ? " in PATH" : "");
    return kExitNotFound;
  }
  std::fprintf(stderr, "seamtrace: '%s' cannot be executed: %s\n", name.c_str(),
               error_number == ENOENT ? "the interpreter that it names does not exist"
                                      : std::strerror(error_number));
  return kExitCannotExecute;
}

}  // namespace seamtrace::cli
