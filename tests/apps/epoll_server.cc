// epoll_server: one thread, one epoll loop, a fixed answer; keep-alive and pipelining.
//   --port N   0 chooses one
// It does as little as a server can, so that every nanosecond of a tracer shows.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/apps/blocking_http.h"
#include "tests/apps/options.h"

namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/plain\r\n"
    "Content-Length: 13\r\n"
    "\r\n"
    "Hello, world!";

struct Client {
  std::string unparsed;  ///< the start of a head whose end has not come yet
  std::string unsent;    ///< answers that the socket did not take
};

class Server {
 public:
  explicit Server(int listener) : listener_(listener), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
  }

  [[noreturn]] void run() {
    epoll_event events[256];
    for (;;) {
      const int count = epoll_wait(epoll_, events, 256, -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[i].data.fd;
        if (fd == listener_) {
          accept_all();
        } else if (events[i].events & EPOLLOUT) {
          flush(fd);
        } else {
          serve(fd);
        }
      }
    }
  }

 private:
  void watch(int fd, uint32_t events, int operation) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(epoll_, operation, fd, &event);
  }

  void accept_all() {
    for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (clients_.size() <= static_cast<size_t>(fd)) clients_.resize(static_cast<size_t>(fd) * 2);
      clients_[static_cast<size_t>(fd)] = std::make_unique<Client>();
      watch(fd, EPOLLIN, EPOLL_CTL_ADD);
    }
  }

  void drop(int fd) {
    close(fd);
    clients_[static_cast<size_t>(fd)].reset();
  }

  void serve(int fd) {
    Client& client = *clients_[static_cast<size_t>(fd)];
    char buffer[16384];
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n <= 0) {
      if (n == 0 || errno != EAGAIN) drop(fd);
      return;
    }
    std::string_view bytes(buffer, static_cast<size_t>(n));
    if (!client.unparsed.empty()) {
      client.unparsed.append(bytes);
      bytes = client.unparsed;
    }
    size_t requests = 0;
    for (size_t end; (end = bytes.find("\r\n\r\n")) != std::string_view::npos; ++requests)
      bytes.remove_prefix(end + 4);
    client.unparsed = std::string(bytes);
    if (requests == 1 && client.unsent.empty()) {
      send_or_keep(fd, client, kAnswer);
    } else if (requests > 0) {
      std::string answers;
      for (size_t i = 0; i < requests; ++i) answers.append(kAnswer);
      send_or_keep(fd, client, answers);
    }
  }

  void send_or_keep(int fd, Client& client, std::string_view bytes) {
    ssize_t n = 0;
    if (client.unsent.empty()) {
      n = write(fd, bytes.data(), bytes.size());
      if (n < 0) {
        if (errno != EAGAIN) return drop(fd);
        n = 0;
      }
    }
    if (static_cast<size_t>(n) == bytes.size()) return;
    client.unsent.append(bytes.substr(static_cast<size_t>(n)));
    watch(fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
  }

  void flush(int fd) {
    Client& client = *clients_[static_cast<size_t>(fd)];
    const ssize_t n = write(fd, client.unsent.data(), client.unsent.size());
    if (n < 0) {
      if (errno != EAGAIN) drop(fd);
      return;
    }
    client.unsent.erase(0, static_cast<size_t>(n));
    if (client.unsent.empty()) watch(fd, EPOLLIN, EPOLL_CTL_MOD);
  }

  const int listener_;
  const int epoll_;
  std::vector<std::unique_ptr<Client>> clients_{64};
};

}  // namespace

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  signal(SIGPIPE, SIG_IGN);
  int port = options.number("port", 0);
  const int listener = apps::listen_on(port);
  fcntl(listener, F_SETFL, O_NONBLOCK);
  apps::announce(port);
  Server(listener).run();
}
