// StatusServer: answers questions on the user's Unix socket.
// Path:    CLI -> [query] -> pipeline
// Owner:   the Collector.
// Threads: one: it takes part in the collector's own poll loop and never blocks.
// Memory:  at most kMostClients connections with bounded buffers.
// Failure: whoever sends nonsense gets an error answer; whoever sends too much, or does not read,
//          is disconnected. Only the user and root may ask (SO_PEERCRED).
#pragma once

#include <poll.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collector/support/file_descriptor.h"
#include "collector/support/result.h"
#include "nlohmann/json.hpp"

namespace seamtrace::collector {

using ClientId = uint64_t;

class StatusServer {
 public:
  /// Gives an answer, or none: then answer() follows later.
  using Handler =
      std::function<std::optional<nlohmann::json>(ClientId client, const nlohmann::json& request)>;

  /// Listens in the user's open directory. REQUIRES: the caller holds the directory's lock.
  static Result<StatusServer> listen(int directory, uid_t uid);

  /// Adds what is to be waited for.
  void add_poll_requests(std::vector<pollfd>& requests) const;
  /// Accepts, reads, answers and writes what can be done now.
  void serve(const Handler& handler);
  /// The late answer to a request. Ignored when the client has left.
  void answer(ClientId client, const nlohmann::json& object);
  /// Sends what was answered, waiting a moment for those that are slow to read.
  void flush();

 private:
  static constexpr size_t kMostClients = 64;
  static constexpr size_t kLongestRequest = 64 * 1024;
  static constexpr size_t kMostUnsent = 64 * 1024 * 1024;

  struct Client {
    ClientId id;
    FileDescriptor socket;
    std::string received;
    std::string unsent;
    bool gone = false;
  };

  explicit StatusServer(FileDescriptor listener, uid_t uid)
      : listener_(std::move(listener)), uid_(uid) {}

  void accept_clients();
  void read_requests(Client& client, const Handler& handler);
  static void send_answers(Client& client);
  static void queue(Client& client, const nlohmann::json& object);

  FileDescriptor listener_;
  uid_t uid_;
  ClientId last_id_ = 0;
  std::vector<Client> clients_;
};

}  // namespace seamtrace::collector
