#include "collector/query/status_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "collector/query/status_json.h"
#include "collector/query/status_socket.h"

namespace seamtrace::collector {

Result<StatusServer> StatusServer::listen(int directory, uid_t uid) {
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = status_address(directory);
  ::unlinkat(directory, kStatusSocketName, 0);  // of a collector that was killed
  if (!socket ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::fchmodat(directory, kStatusSocketName, S_IRUSR | S_IWUSR, 0) != 0 ||
      ::listen(socket.get(), 16) != 0)
    return Error{std::string(kStatusSocketName) + ": " + std::strerror(errno)};
  return StatusServer(std::move(socket), uid);
}

void StatusServer::add_poll_requests(std::vector<pollfd>& requests) const {
  requests.push_back({listener_.get(), POLLIN, 0});
  for (const Client& client : clients_) {
    const int wanted = POLLIN | (client.unsent.empty() ? 0 : POLLOUT);
    requests.push_back({client.socket.get(), static_cast<short>(wanted), 0});
  }
}

void StatusServer::serve(const Handler& handler) {
  accept_clients();
  for (Client& client : clients_) {
    read_requests(client, handler);
    send_answers(client);
  }
  std::erase_if(clients_, [](const Client& client) { return client.gone; });
}

void StatusServer::accept_clients() {
  for (;;) {
    FileDescriptor socket(
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return;
    if (clients_.size() < kMostClients && peer_may_ask(socket.get(), uid_))
      clients_.push_back({++last_id_, std::move(socket), {}, {}});
  }
}

void StatusServer::read_requests(Client& client, const Handler& handler) {
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::recv(client.socket.get(), buffer, sizeof(buffer), 0);
    if (count > 0) {
      client.received.append(buffer, static_cast<size_t>(count));
      if (client.received.size() > kLongestRequest) break;
      continue;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) client.gone = true;
    break;
  }
  size_t end;
  while ((end = client.received.find('\n')) != std::string::npos) {
    const auto request = nlohmann::json::parse(client.received.substr(0, end), nullptr, false);
    client.received.erase(0, end + 1);
    std::optional<nlohmann::json> answer;
    try {
      answer = request.is_object() ? handler(client.id, request)
                                   : error_answer("a request is one JSON object on one line");
    } catch (const nlohmann::json::exception&) {
      answer = error_answer("a field of the request has the wrong type");
    }
    if (answer) queue(client, *answer);
  }
  if (client.received.size() > kLongestRequest) client.gone = true;
}

void StatusServer::send_answers(Client& client) {
  while (!client.unsent.empty()) {
    const ssize_t count =
        ::send(client.socket.get(), client.unsent.data(), client.unsent.size(), MSG_NOSIGNAL);
    if (count > 0) {
      client.unsent.erase(0, static_cast<size_t>(count));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) client.gone = true;
    return;
  }
}

void StatusServer::queue(Client& client, const nlohmann::json& object) {
  client.unsent += to_line(object);
  if (client.unsent.size() > kMostUnsent) client.gone = true;
}

void StatusServer::answer(ClientId id, const nlohmann::json& object) {
  for (Client& client : clients_) {
    if (client.id != id) continue;
    queue(client, object);
    send_answers(client);
  }
}

void StatusServer::flush() {
  constexpr int kLongestWaitMs = 200;
  for (Client& client : clients_) {
    send_answers(client);
    pollfd request{client.socket.get(), POLLOUT, 0};
    if (!client.gone && !client.unsent.empty() && ::poll(&request, 1, kLongestWaitMs) == 1)
      send_answers(client);
  }
}

}  // namespace seamtrace::collector
