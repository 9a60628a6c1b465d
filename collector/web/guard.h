// Guard: who may talk to the viewer's server.
// Path:    HttpServer -> [Guard] -> ViewerRoutes
// Threads: immutable once made.
// Failure: a refusal with a sentence; nothing of the request has been acted upon.
//
// The page has no log-in on the loopback interface, so a request must prove that it does not come
// from some other web page: its Host must be an address of ours (a name that an attacker's server
// resolves to 127.0.0.1 is not), and an Origin, where the browser sends one, must be that same
// host. On any other address, or when one is set, a token is needed.
#pragma once

#include <optional>
#include <string>

#include "collector/web/http_message.h"

namespace seamtrace::collector {

struct GuardOptions {
  std::string address;  ///< that is listened on
  uint16_t port = 0;
  std::string token;  ///< empty: none is needed
};

class Guard {
 public:
  explicit Guard(GuardOptions options) : options_(std::move(options)) {}

  /// A refusal (or the answer that trades `?token=` for a cookie), or none: go on.
  std::optional<HttpResponse> check(const HttpRequest& request) const;

 private:
  bool is_our_host(const std::string& host) const;
  bool has_token(const HttpRequest& request) const;

  GuardOptions options_;
};

/// True for 127.0.0.0/8 and ::1.
bool is_loopback(const std::string& address);

}  // namespace seamtrace::collector
