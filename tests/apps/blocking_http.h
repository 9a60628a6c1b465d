// BlockingHttp: just enough HTTP/1.1 over blocking sockets for the small subjects.
// Memory:  a Connection owns its descriptor and what was read beyond a message.
// Failure: a lost connection is an empty optional; a set-up error ends the program.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace apps {

[[noreturn]] inline void fail(const char* what) {
  std::perror(what);
  std::exit(3);
}

inline sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

/// A listening socket on 127.0.0.1; `port` 0 chooses one and stores it.
inline int listen_on(int& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(port);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (listen(fd, 1024) != 0) fail("listen");
  socklen_t length = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  port = ntohs(address.sin_port);
  return fd;
}

/// A connection to 127.0.0.1:`port`, or -1.
inline int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const sockaddr_in address = loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(fd);
    return -1;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

struct Message {
  std::string head;  ///< start line and headers, with the empty line
  std::string body;

  std::string_view start_line() const {
    return std::string_view(head).substr(0, head.find("\r\n"));
  }
  /// The second word of the start line: a request's target, a response's status.
  std::string_view second_word() const {
    std::string_view line = start_line();
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) return {};
    line.remove_prefix(space + 1);
    return line.substr(0, line.find(' '));
  }
  std::string_view header(std::string_view name) const {
    std::string_view rest = head;
    for (size_t end; (end = rest.find("\r\n")) != std::string_view::npos;) {
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end + 2);
      if (line.size() > name.size() && line[name.size()] == ':' &&
          strncasecmp(line.data(), name.data(), name.size()) == 0) {
        std::string_view value = line.substr(name.size() + 1);
        while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
        return value;
      }
    }
    return {};
  }
};

class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  Connection(Connection&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), pending_(std::move(other.pending_)) {}
  Connection& operator=(Connection&&) = delete;
  ~Connection() {
    if (fd_ >= 0) close(fd_);
  }

  bool open() const { return fd_ >= 0; }

  /// The next message with its Content-Length body.
  std::optional<Message> read_message() {
    Message message;
    size_t end;
    while ((end = pending_.find("\r\n\r\n")) == std::string::npos)
      if (!fill()) return std::nullopt;
    message.head = pending_.substr(0, end + 4);
    pending_.erase(0, end + 4);
    const std::string length(message.header("content-length"));
    const size_t body = length.empty() ? 0 : std::strtoul(length.c_str(), nullptr, 10);
    while (pending_.size() < body)
      if (!fill()) return std::nullopt;
    message.body = pending_.substr(0, body);
    pending_.erase(0, body);
    return message;
  }

  bool write_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = write(fd_, bytes.data(), bytes.size());
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  bool respond(std::string_view body, std::string_view status = "200 OK") {
    std::string out = "HTTP/1.1 ";
    out.append(status).append("\r\nContent-Type: text/plain\r\nContent-Length: ");
    out.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    return write_all(out);
  }

 private:
  bool fill() {
    char buffer[16384];
    const ssize_t n = read(fd_, buffer, sizeof buffer);
    if (n <= 0) return false;
    pending_.append(buffer, static_cast<size_t>(n));
    return true;
  }

  int fd_;
  std::string pending_;
};

/// GET `path` from 127.0.0.1:`port` over a connection of its own; the body, or "unreachable".
inline std::string get(int port, std::string_view path) {
  Connection connection(connect_to(port));
  if (!connection.open()) return "unreachable";
  std::string request = "GET ";
  request.append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1:").append(std::to_string(port));
  request.append("\r\n\r\n");
  if (!connection.write_all(request)) return "unreachable";
  const std::optional<Message> response = connection.read_message();
  return response ? response->body : "unreachable";
}

}  // namespace apps
