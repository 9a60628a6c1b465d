// thread_per_connection_server: blocking sockets, one thread for each connection.
//   --port N         0 chooses one
//   --upstream PORT  may repeat: where /chain goes on
//   --call inline | thread | detached
//       who makes the upstream call: the connection's thread, a thread that it starts and
//       joins, or a detached one that it waits for on a condition variable
//   --command TEXT   what /run (fork + exec) and /spawn (posix_spawn) give to sh -c
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/apps/blocking_http.h"
#include "tests/apps/options.h"

extern char** environ;

namespace {

struct Settings {
  std::vector<int> upstreams;
  std::string call;
  std::string command;
};

std::string call_upstreams(const Settings& settings, const std::string& path) {
  std::string body;
  for (const int port : settings.upstreams) body += apps::get(port, path);
  return body;
}

std::string call_detached(const Settings& settings, const std::string& path) {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  std::string body;
  std::thread([&] {
    std::string answer = call_upstreams(settings, path);
    const std::lock_guard lock(mutex);
    body = std::move(answer);
    done = true;
    changed.notify_one();
  }).detach();
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return done; });
  return body;
}

std::string chain(const Settings& settings, const std::string& path) {
  std::string body = "thread " + path.substr(7) + "\n";
  if (settings.call == "detached") return body + call_detached(settings, path);
  if (settings.call == "inline") return body + call_upstreams(settings, path);
  std::string more;
  std::thread([&] { more = call_upstreams(settings, path); }).join();
  return body + more;
}

std::string output_of(const Settings& settings, bool spawn) {
  int pipe_fds[2];
  if (pipe2(pipe_fds, 0) != 0) apps::fail("pipe");
  const char* arguments[] = {"sh", "-c", settings.command.c_str(), nullptr};
  pid_t child;
  if (spawn) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], 1);
    posix_spawn_file_actions_addclose(&actions, pipe_fds[0]);
    posix_spawn_file_actions_addclose(&actions, pipe_fds[1]);
    posix_spawn(&child, "/bin/sh", &actions, nullptr, const_cast<char**>(arguments), environ);
    posix_spawn_file_actions_destroy(&actions);
  } else {
    child = fork();
    if (child == 0) {
      dup2(pipe_fds[1], 1);
      close(pipe_fds[0]);
      close(pipe_fds[1]);
      execv("/bin/sh", const_cast<char**>(arguments));
      _exit(127);
    }
  }
  close(pipe_fds[1]);
  std::string output;
  char buffer[4096];
  for (ssize_t n; (n = read(pipe_fds[0], buffer, sizeof buffer)) > 0;)
    output.append(buffer, static_cast<size_t>(n));
  close(pipe_fds[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return output;
}

void serve(int fd, const Settings& settings) {
  apps::Connection connection(fd);
  while (const std::optional<apps::Message> request = connection.read_message()) {
    const std::string path(request->second_word());
    bool sent = false;
    if (path.starts_with("/chain/")) {
      sent = connection.respond(chain(settings, path));
    } else if (path == "/answer-then-call") {
      // The call comes after the answer: it is nobody's child.
      sent = connection.respond("answered\n");
      call_upstreams(settings, "/after");
    } else if (path == "/run" || path == "/spawn") {
      sent = connection.respond(output_of(settings, path == "/spawn"));
    } else {
      sent = connection.respond("hello\n");
    }
    if (!sent) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  signal(SIGPIPE, SIG_IGN);
  Settings settings{{}, options.text("call", "inline"), options.text("command", "true")};
  for (const std::string& port : options.all("upstream"))
    settings.upstreams.push_back(std::stoi(port));
  int port = options.number("port", 0);
  const int listener = apps::listen_on(port);
  apps::announce(port);
  for (int fd; (fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;)
    std::thread(serve, fd, std::cref(settings)).detach();
}
