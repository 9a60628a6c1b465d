// load_generator: a fixed number of HTTP/1.1 GET requests over keep-alive connections.
// Usage:   load_generator --port N --requests N [--connections N] [--path /] [--timeout SECONDS]
// Output:  one JSON object on stdout: requests answered with 200, errors, seconds, and the
//          median and 99th percentile of the time to answer in microseconds.
// Threads: one, with epoll; one request in flight per connection.
// Failure: a wrong status, a broken answer, a lost connection or the time limit are errors, and any
//          error makes the exit code 1; a wrong command line makes it 2.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  uint64_t port = 0;
  uint64_t requests = 0;
  uint64_t connections = 16;
  uint64_t timeout_seconds = 120;
  std::string path = "/";
};

[[noreturn]] void refuse(const char* sentence, std::string_view word) {
  std::fprintf(stderr, "load_generator: %s: %.*s\n", sentence, static_cast<int>(word.size()),
               word.data());
  std::exit(2);
}

uint64_t parse_number(std::string_view name, std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0)
    refuse("not a positive number", name);
  return value;
}

Options parse_options(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; i += 2) {
    const std::string_view name = arguments[i];
    if (i + 1 == count) refuse("a value is missing after", name);
    const std::string_view value = arguments[i + 1];
    if (name == "--path")
      options.path = value;
    else if (name == "--port")
      options.port = parse_number(name, value);
    else if (name == "--requests")
      options.requests = parse_number(name, value);
    else if (name == "--connections")
      options.connections = parse_number(name, value);
    else if (name == "--timeout")
      options.timeout_seconds = parse_number(name, value);
    else
      refuse("unknown option", name);
  }
  if (options.port == 0 || options.port > 65535) refuse("needed, 1 to 65535", "--port");
  if (options.requests == 0) refuse("needed", "--requests");
  return options;
}

enum class Answer { kIncomplete, kGood, kBad };

// The value of a header in a head, without leading spaces; names are compared without case.
std::string_view header(std::string_view head, std::string_view name) {
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  for (size_t line = head.find("\r\n"); line != std::string_view::npos;
       line = head.find("\r\n", line + 2)) {
    std::string_view rest = head.substr(line + 2);
    if (rest.size() <= name.size() || rest[name.size()] != ':') continue;
    if (!std::equal(name.begin(), name.end(), rest.begin(), same)) continue;
    rest.remove_prefix(name.size() + 1);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    return rest.substr(0, rest.find("\r\n"));
  }
  return {};
}

// Is a whole answer in `bytes`? Bodies are framed by length, or chunked and then alone in `bytes`.
Answer judge(std::string_view bytes) {
  const size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return Answer::kIncomplete;
  const std::string_view head = bytes.substr(0, end + 2);
  const std::string_view body = bytes.substr(end + 4);
  if (const std::string_view length = header(head, "content-length"); !length.empty()) {
    size_t expected = 0;
    std::from_chars(length.data(), length.data() + length.size(), expected);
    if (body.size() < expected) return Answer::kIncomplete;
    if (body.size() > expected) return Answer::kBad;
  } else if (header(head, "transfer-encoding") == "chunked") {
    if (!body.ends_with("0\r\n\r\n")) return Answer::kIncomplete;
  } else {
    return Answer::kBad;
  }
  return head.size() > 12 && head.substr(9, 3) == "200" ? Answer::kGood : Answer::kBad;
}

struct Connection {
  int fd = -1;
  std::string received;
  Clock::time_point sent;
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        request_("GET " + options.path + " HTTP/1.1\r\nHost: 127.0.0.1:" +
                 std::to_string(options.port) + "\r\nUser-Agent: load_generator\r\n\r\n"),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

  int run() {
    const Clock::time_point start = Clock::now();
    const Clock::time_point deadline = start + std::chrono::seconds(options_.timeout_seconds);
    connections_.resize(std::min(options_.connections, options_.requests));
    nanoseconds_.reserve(options_.requests);
    for (Connection& connection : connections_) {
      open(connection);
      send_next(connection);
    }
    epoll_event events[64];
    while (good_ + errors_ < options_.requests && Clock::now() < deadline) {
      const int count = epoll_wait(epoll_, events, 64, 100);
      for (int i = 0; i < count; ++i) receive(*static_cast<Connection*>(events[i].data.ptr));
    }
    errors_ = options_.requests - good_;
    report(Clock::now() - start);
    return errors_ == 0 ? 0 : 1;
  }

 private:
  void open(Connection& connection) {
    connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      std::perror("load_generator: connect");
      std::exit(1);
    }
    const int on = 1;
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
  }

  void reopen(Connection& connection) {
    close(connection.fd);
    open(connection);
  }

  void send_next(Connection& connection) {
    if (started_ == options_.requests) return;
    ++started_;
    connection.received.clear();
    connection.sent = Clock::now();
    const ssize_t n = send(connection.fd, request_.data(), request_.size(), MSG_NOSIGNAL);
    if (n != static_cast<ssize_t>(request_.size())) fail(connection);
  }

  void fail(Connection& connection) {
    ++errors_;
    reopen(connection);
    send_next(connection);
  }

  void receive(Connection& connection) {
    char buffer[64 * 1024];
    const ssize_t n = recv(connection.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n <= 0) return fail(connection);
    connection.received.append(buffer, static_cast<size_t>(n));
    switch (judge(connection.received)) {
      case Answer::kIncomplete:
        return;
      case Answer::kBad:
        return fail(connection);
      case Answer::kGood:
        break;
    }
    ++good_;
    nanoseconds_.push_back(static_cast<uint64_t>((Clock::now() - connection.sent).count()));
    send_next(connection);
  }

  double percentile_us(size_t percent) {
    if (nanoseconds_.empty()) return 0;
    const size_t index = (nanoseconds_.size() - 1) * percent / 100;
    std::nth_element(nanoseconds_.begin(), nanoseconds_.begin() + static_cast<ptrdiff_t>(index),
                     nanoseconds_.end());
    return static_cast<double>(nanoseconds_[index]) / 1000;
  }

  void report(Clock::duration elapsed) {
    std::printf(
        "{\"requests\": %llu, \"errors\": %llu, \"seconds\": %.6f, \"p50_us\": %.1f, "
        "\"p99_us\": %.1f}\n",
        static_cast<unsigned long long>(good_), static_cast<unsigned long long>(errors_),
        std::chrono::duration<double>(elapsed).count(), percentile_us(50), percentile_us(99));
  }

  const Options options_;
  const std::string request_;
  const int epoll_;
  std::vector<Connection> connections_;
  std::vector<uint64_t> nanoseconds_;
  uint64_t started_ = 0, good_ = 0, errors_ = 0;
};

}  // namespace

int main(int count, char** arguments) { return Load(parse_options(count, arguments)).run(); }
