// fork_server: a process for each connection, or a few that share the listener.
//   --port N         0 chooses one
//   --mode per-connection | prefork
//   --workers N      with prefork
//   --upstream PORT  may repeat: where /chain goes on
#include <signal.h>
#include <sys/prctl.h>

#include <string>
#include <vector>

#include "tests/apps/blocking_http.h"
#include "tests/apps/options.h"

namespace {

void serve(int fd, const std::vector<int>& upstreams) {
  apps::Connection connection(fd);
  while (const std::optional<apps::Message> request = connection.read_message()) {
    const std::string path(request->second_word());
    std::string body = "fork " + path + "\n";
    if (path.starts_with("/chain/"))
      for (const int port : upstreams) body += apps::get(port, path);
    if (!connection.respond(body)) return;
  }
}

pid_t fork_child() {
  const pid_t child = fork();
  if (child == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
  return child;
}

}  // namespace

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_IGN);
  std::vector<int> upstreams;
  for (const std::string& port : options.all("upstream")) upstreams.push_back(std::stoi(port));
  int port = options.number("port", 0);
  const int listener = apps::listen_on(port);

  if (options.text("mode") == "prefork") {
    for (int i = 0; i < options.number("workers", 3); ++i) {
      if (fork_child() == 0)
        for (int fd; (fd = accept(listener, nullptr, nullptr)) >= 0;) serve(fd, upstreams);
    }
    apps::announce(port);
    for (;;) pause();
  }
  apps::announce(port);
  for (int fd; (fd = accept(listener, nullptr, nullptr)) >= 0;) {
    if (fork_child() == 0) {
      close(listener);
      serve(fd, upstreams);
      _exit(0);
    }
    close(fd);
  }
}
