#include "collector/query/status_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "collector/query/status_json.h"
#include "collector/query/status_socket.h"
#include "collector/support/directory.h"

namespace seamtrace::collector {
namespace {

using Clock = std::chrono::steady_clock;

/// Waits for `events`. False: the deadline has passed.
bool wait_for(int socket, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd request{socket, events, 0};
    const int ready = ::poll(&request, 1, left < 0 ? 0 : static_cast<int>(left));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace

Result<StatusClient> StatusClient::connect(const std::string& base, uid_t uid) {
  const auto directory = open_user_directory(base, uid, /*create=*/false);
  if (!directory) return Error{"no collector serves this user (" + directory.error().message + ")"};
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = status_address(directory->get());
  if (!socket ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return Error{"no collector serves this user (" + base + '/' + user_directory_name(uid) + '/' +
                 kStatusSocketName + ": " + std::strerror(errno) + ")"};
  if (!peer_may_ask(socket.get(), uid)) return Error{"the collector's socket is another user's"};
  return StatusClient(std::move(socket));
}

Result<nlohmann::json> StatusClient::ask(const nlohmann::json& request,
                                         std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  const std::string line = to_line(request);
  for (size_t sent = 0; sent < line.size();) {
    if (!wait_for(socket_.get(), POLLOUT, deadline))
      return Error{"the collector does not answer", ErrorCode::kTimeout};
    const ssize_t count =
        ::send(socket_.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (count > 0) sent += static_cast<size_t>(count);
    if (count < 0 && errno != EAGAIN && errno != EINTR)
      return Error{std::string("the collector has gone away: ") + std::strerror(errno)};
  }
  size_t end;
  while ((end = received_.find('\n')) == std::string::npos) {
    if (!wait_for(socket_.get(), POLLIN, deadline))
      return Error{"the collector does not answer", ErrorCode::kTimeout};
    char buffer[16 * 1024];
    const ssize_t count = ::recv(socket_.get(), buffer, sizeof(buffer), 0);
    if (count > 0) received_.append(buffer, static_cast<size_t>(count));
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
      return Error{"the collector has gone away"};
  }
  auto answer = nlohmann::json::parse(received_.substr(0, end), nullptr, false);
  received_.erase(0, end + 1);
  if (!answer.is_object()) return Error{"the collector's answer is not JSON"};
  if (const auto ok = answer.find("ok"); ok == answer.end() || *ok != true) {
    const auto sentence = answer.find("error");
    return Error{sentence != answer.end() && sentence->is_string()
                     ? sentence->get<std::string>()
                     : "the collector could not do that"};
  }
  return answer;
}

}  // namespace seamtrace::collector
