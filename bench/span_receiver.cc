// span_receiver: a back end that takes OTLP over HTTP and only counts the spans.
// Usage:   span_receiver           prints `listening on PORT`
// Talks:   POST /v1/traces with plain protobuf; GET /count answers the number of spans so far.
// Threads: one per connection.
// Failure: a body that is no ExportTraceServiceRequest is answered with 400 and counts nothing.
// Source:  OTLP 1.11, opentelemetry/proto/collector/trace/v1: resource_spans (1), within it
//          scope_spans (2), within it spans (2).
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace {

std::atomic<uint64_t> spans_received;

std::optional<uint64_t> take_varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

bool take(std::string_view& bytes, uint64_t size, std::string_view& taken) {
  if (size > bytes.size()) return false;
  taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return true;
}

// Calls visit(message) for every occurrence of a field that holds a message; false: malformed.
template <typename Visit>
bool each_message(std::string_view bytes, uint64_t field, Visit visit) {
  while (!bytes.empty()) {
    const std::optional<uint64_t> tag = take_varint(bytes);
    if (!tag) return false;
    std::string_view value;
    switch (*tag & 7) {
      case 0:
        if (!take_varint(bytes)) return false;
        continue;
      case 1:
        if (!take(bytes, 8, value)) return false;
        continue;
      case 5:
        if (!take(bytes, 4, value)) return false;
        continue;
      case 2: {
        const std::optional<uint64_t> size = take_varint(bytes);
        if (!size || !take(bytes, *size, value)) return false;
        if (*tag >> 3 == field && !visit(value)) return false;
        continue;
      }
      default:
        return false;
    }
  }
  return true;
}

std::optional<uint64_t> count_spans(std::string_view request) {
  uint64_t count = 0;
  const bool whole = each_message(request, 1, [&](std::string_view resource_spans) {
    return each_message(resource_spans, 2, [&](std::string_view scope_spans) {
      return each_message(scope_spans, 2, [&](std::string_view) { return ++count > 0; });
    });
  });
  return whole ? std::optional(count) : std::nullopt;
}

size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "content-length:";
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  const auto* at = std::search(head.begin(), head.end(), kName.begin(), kName.end(), same);
  if (at == head.end()) return 0;
  at += kName.size();
  while (at != head.end() && *at == ' ') ++at;
  size_t length = 0;
  std::from_chars(at, head.end(), length);
  return length;
}

std::string answer(std::string_view head, std::string_view body) {
  std::string status = "200 OK", text;
  if (head.starts_with("GET /count ")) {
    text = std::to_string(spans_received.load());
  } else if (!head.starts_with("POST /v1/traces ")) {
    status = "404 Not Found";
  } else if (const std::optional<uint64_t> count = count_spans(body)) {
    spans_received += *count;
  } else {
    status = "400 Bad Request";
  }
  return "HTTP/1.1 " + status + "\r\nContent-Type: application/x-protobuf\r\nContent-Length: " +
         std::to_string(text.size()) + "\r\n\r\n" + text;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

void serve(int fd) {
  std::string received;
  char buffer[64 * 1024];
  for (;;) {
    const size_t end = received.find("\r\n\r\n");
    const std::string_view head = std::string_view(received).substr(0, end);
    const size_t whole = end == std::string::npos ? 0 : end + 4 + content_length(head);
    if (whole != 0 && received.size() >= whole) {
      if (!send_all(fd, answer(head, std::string_view(received).substr(end + 4, whole - end - 4))))
        break;
      received.erase(0, whole);
      continue;
    }
    const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) break;
    received.append(buffer, static_cast<size_t>(n));
  }
  close(fd);
}

}  // namespace

int main() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener, 64) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("span_receiver");
    return 1;
  }
  std::printf("listening on %d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  for (;;) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::thread(serve, fd).detach();
  }
}
