// HttpSession: one connection of the collector's own HTTP server.
// Path:    HttpServer -> [HttpSession] -> the handler; and back
// Owner:   itself, until the connection is closed.
// Threads: the server's, but for the handler, which runs in the pool.
// Memory:  a body is read once its bytes have been reserved; freed with the answer.
// Source:  RFC 9112, section 9.6 (how a connection is closed).
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <utility>

#include "collector/web/http_server.h"

namespace seamtrace::collector {

/// What every session needs; outlives them all.
struct HttpShared {
  const HttpServerOptions options;
  HttpServer::Handler handler;
  boost::asio::thread_pool workers;
  std::atomic<size_t> connections{0};
  std::atomic<size_t> buffered{0};  ///< bytes of bodies; only the server's thread adds to it

  explicit HttpShared(HttpServerOptions the_options)
      : options(std::move(the_options)), workers(options.workers) {}
};

/// Answers its requests until either side has had enough.
void serve_connection(boost::asio::ip::tcp::socket&& socket, HttpShared& shared);

}  // namespace seamtrace::collector
