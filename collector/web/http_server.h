// HttpServer: an HTTP/1.1 server for a few local clients.
// Path:    browser, SDKs -> [HttpServer] -> routes
// Owner:   the collector's front, one for each address; dies before what its handler uses.
// Threads: one for all sockets; handlers run in a small pool and may wait.
// Memory:  bounded: most connections, longest body and the bytes of all bodies are options.
// Failure: bad requests get 400, too long ones 413 or 431, and 503 those for which there is no
//          memory; slow clients are disconnected; a handler that throws makes a 500.
// Source:  RFC 9110, RFC 9112.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "collector/support/result.h"
#include "collector/web/http_message.h"

namespace seamtrace::collector {

struct HttpServerOptions {
  std::string address = "127.0.0.1";  ///< an IPv4 or IPv6 address, without brackets
  uint16_t port = 0;                  ///< 0: any that is free
  size_t longest_body = 64 * 1024;    ///< bytes as sent
  /// Bytes of the bodies of all requests that are read or answered.
  size_t most_buffered = size_t{16} << 20;
  size_t most_connections = 256;
  unsigned workers = 4;
  std::chrono::seconds patience{30};  ///< with a request, and with a reader of an answer
  /// Gives the answer to a request that does not reach the handler: `status` is 400, 413, 431 or
  /// 503, `head` what was understood of the request. Any thread; must not wait. Empty: JSON.
  std::function<HttpResponse(int status, const std::string& sentence, const HttpRequest& head)>
      on_refused;
};

class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  /// From now on connections wait for serve(). ErrorCode::kBusy: the port is taken.
  static Result<std::unique_ptr<HttpServer>> listen(const HttpServerOptions& options);
  /// Once: begins to answer.
  void serve(Handler handler);
  /// Waits for handlers that run, and disconnects everybody.
  ~HttpServer();

  uint16_t port() const;
  /// `http://127.0.0.1:4380`
  std::string url() const;

 private:
  class State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace seamtrace::collector
