// raw_socket: does to sockets what its script on standard input says, and prints what came of it.
// One operation a line; names stand for descriptors; TEXT is the rest of the line with the escapes
// \r \n \s \\ \xHH and \{CxN} (the character C, N times).
//   listen A | accept B A | connect A PORT | connect6 A PORT | connectunix A PATH
//   send A CARRIER TEXT         all of it, however often the kernel cuts it
//   send-once A CARRIER TEXT    one call
//   receive A CARRIER N         N bytes or the end
//   receive-message A CARRIER   one HTTP message with its Content-Length body
//   peek A N | nonblock A | sndbuf A N | rcvbuf A N
//   dup B A | dup2 B A NUMBER | high A NUMBER | pass B A     (pass: over a Unix socket; A is
//   closed) close A | close-range A | syscall-close A | shutdown A | reset A thread OPERATION the
//   same on a thread of its own
// CARRIERs: see carriers.h; /K cuts into parts of K bytes, as in writev/7.
// Every call starts with errno 4095 and must leave it alone when it succeeds.
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <thread>

#include "tests/apps/blocking_http.h"
#include "tests/apps/carriers.h"
#include "tests/apps/options.h"

namespace {

std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'r':
        out += '\r';
        break;
      case 'n':
        out += '\n';
        break;
      case 's':
        out += ' ';
        break;
      case 'x':
        out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
        i += 2;
        break;
      case '{': {
        const size_t end = text.find('}', i);
        out.append(std::stoul(std::string(text.substr(i + 3, end - i - 3))), text[i + 1]);
        i = end;
        break;
      }
      default:
        out += text[i];
    }
  }
  return out;
}

/// Short bytes readably, long ones as their length and hash.
std::string show(const std::string& bytes) {
  if (bytes.size() > 4096)
    return std::to_string(bytes.size()) + " bytes, hash " +
           std::to_string(std::hash<std::string>{}(bytes));
  std::string out;
  for (const unsigned char c : bytes) {
    char hex[5];
    if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 32 || c > 126 || c == '\\') {
      std::snprintf(hex, sizeof hex, "\\x%02x", c);
      out += hex;
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

std::string outcome(ssize_t result) {
  return result >= 0 ? std::to_string(result) : std::string("error ") + std::strerror(errno);
}

class Script {
 public:
  void run(std::string line) {
    std::istringstream words(line);
    std::string operation, name;
    words >> operation;
    if (operation == "thread") {
      std::thread([&] { run(line.substr(line.find(' ') + 1)); }).join();
      return;
    }
    words >> name;
    std::istringstream again(line);
    again >> operation >> name;
    if (open(operation, name, words) || transfer(operation, name, words) ||
        change(operation, name, again))
      return;
    std::cout << "unknown operation: " << line << "\n";
    std::exit(2);
  }

 private:
  bool open(const std::string& operation, const std::string& name, std::istringstream& words) {
    std::string other;
    if (operation == "listen") {
      int port = 0;
      fds_[name] = apps::listen_on(port);
      apps::announce(port);
    } else if (operation == "accept") {
      words >> other;
      fds_[name] = accept(fds_[other], nullptr, nullptr);
      std::cout << "accepted\n";
    } else if (operation == "connect") {
      words >> other;
      fds_[name] = apps::connect_to(std::stoi(other));
      std::cout << (fds_[name] >= 0 ? "connected\n" : "not connected\n");
    } else if (operation == "connect6") {
      words >> other;
      sockaddr_in6 address{};
      address.sin6_family = AF_INET6;
      address.sin6_addr = in6addr_loopback;
      address.sin6_port = htons(static_cast<uint16_t>(std::stoi(other)));
      connect_any(name, AF_INET6, &address, sizeof address);
    } else if (operation == "connectunix") {
      words >> other;
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      other.copy(address.sun_path, sizeof address.sun_path - 1);
      connect_any(name, AF_UNIX, &address, sizeof address);
    } else {
      return false;
    }
    return true;
  }

  void connect_any(const std::string& name, int family, const void* address, socklen_t length) {
    fds_[name] = socket(family, SOCK_STREAM, 0);
    const int result = connect(fds_[name], static_cast<const sockaddr*>(address), length);
    std::cout << (result == 0 ? "connected\n" : "not connected\n");
  }

  bool transfer(const std::string& operation, const std::string& name, std::istringstream& words) {
    const int fd = fds_.contains(name) ? fds_[name] : -1;
    std::string carrier, text;
    words >> carrier;
    std::getline(words >> std::ws, text);
    if (operation == "send") {
      send_all(fd, carrier, unescape(text));
    } else if (operation == "send-once") {
      std::cout << carrier << " " << outcome(apps::send_by(carrier, fd, unescape(text))) << "\n";
    } else if (operation == "receive") {
      std::string bytes;
      receive(fd, carrier, std::stoul(text), bytes);
      std::cout << "received " << bytes.size() << ": " << show(bytes) << "\n";
    } else if (operation == "receive-message") {
      receive_message(fd, carrier);
    } else if (operation == "peek") {
      std::string bytes(std::stoul(carrier), '\0');
      const ssize_t n = recv(fd, bytes.data(), bytes.size(), MSG_PEEK | MSG_WAITALL);
      bytes.resize(n > 0 ? static_cast<size_t>(n) : 0);
      std::cout << "peeked " << show(bytes) << "\n";
    } else {
      return false;
    }
    return true;
  }

  void send_all(int fd, const std::string& carrier, std::string_view bytes) {
    const size_t size = bytes.size();
    while (!bytes.empty()) {
      const ssize_t n = apps::send_by(carrier, fd, bytes);
      if (n < 0 && errno == EAGAIN) {
        pollfd ready{fd, POLLOUT, 0};
        poll(&ready, 1, 10000);
        continue;
      }
      if (n < 0 || static_cast<size_t>(n) > bytes.size()) {
        std::cout << carrier << " gave " << outcome(n) << " for " << bytes.size() << " bytes\n";
        return;
      }
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    std::cout << carrier << " sent " << size << "\n";
  }

  // Appends up to `count` bytes; false at the end of the stream.
  bool receive(int fd, const std::string& carrier, size_t count, std::string& bytes) {
    while (count > 0) {
      std::string buffer(std::min<size_t>(count, 16384), '\0');
      const ssize_t n = apps::receive_by(carrier, fd, buffer);
      if (n < 0 && errno == EAGAIN) {
        pollfd ready{fd, POLLIN, 0};
        poll(&ready, 1, 10000);
        continue;
      }
      if (n < 0) std::cout << carrier << " " << outcome(n) << "\n";
      if (n <= 0) return false;
      bytes.append(buffer, 0, static_cast<size_t>(n));
      count -= static_cast<size_t>(n);
    }
    return true;
  }

  void receive_message(int fd, const std::string& carrier) {
    apps::Message message;
    // One byte at a time: nothing of the next message is taken, and every boundary is met.
    while (!message.head.ends_with("\r\n\r\n"))
      if (!receive(fd, carrier, 1, message.head)) break;
    const std::string length(message.header("content-length"));
    if (!length.empty()) receive(fd, carrier, std::stoul(length), message.body);
    std::cout << carrier << " message " << show(message.head + message.body) << "\n";
  }

  bool change(const std::string& operation, const std::string& name, std::istringstream& words) {
    std::string argument, number;
    words >> argument >> number;
    int& fd = fds_[name];
    if (operation == "nonblock") {
      fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    } else if (operation == "sndbuf" || operation == "rcvbuf") {
      const int size = std::stoi(argument);
      setsockopt(fd, SOL_SOCKET, operation == "sndbuf" ? SO_SNDBUF : SO_RCVBUF, &size, sizeof size);
    } else if (operation == "dup") {
      fd = dup(fds_[argument]);
    } else if (operation == "dup2") {
      fd = dup2(fds_[argument], std::stoi(number));
    } else if (operation == "high") {
      const int high = fcntl(fd, F_DUPFD_CLOEXEC, std::stoi(argument));
      std::cout << "moved to " << outcome(high) << "\n";
      close(fd);
      fd = high;
    } else if (operation == "pass") {
      const int old = fds_[argument];
      fd = apps::pass_over_unix_socket(old);
      close(old);
    } else if (operation == "close") {
      std::cout << "close " << outcome(close(fd)) << "\n";
    } else if (operation == "close-range") {
      const auto number_of_fd = static_cast<unsigned>(fd);
      std::cout << "close_range " << outcome(close_range(number_of_fd, number_of_fd, 0)) << "\n";
    } else if (operation == "syscall-close") {
      std::cout << "syscall close " << outcome(syscall(SYS_close, fd)) << "\n";
    } else if (operation == "shutdown") {
      std::cout << "shutdown " << outcome(shutdown(fd, SHUT_WR)) << "\n";
    } else if (operation == "reset") {
      const linger hard{1, 0};
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
      close(fd);
    } else {
      return false;
    }
    return true;
  }

  std::map<std::string, int> fds_;
};

}  // namespace

int main() {
  signal(SIGPIPE, SIG_IGN);
  std::cout << std::unitbuf;
  Script script;
  for (std::string line; std::getline(std::cin, line);)
    if (!line.empty()) script.run(line);
}
