// beast_server: Boost.Beast, everything asynchronous, with an asynchronous upstream client.
//   --port N         0 chooses one
//   --threads 1 | 4  that run the one io_context
//   --upstream PORT  may repeat: where /chain goes on, each in turn
//   --pool 1         keep upstream connections and reuse them
#include <utility>  // asio 1.74 forgets it
//
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/apps/options.h"

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::asio::ip::tcp;

// Idle upstream connections, shared by all sessions.
class Pool {
 public:
  Pool(int port, bool keep) : port_(static_cast<uint16_t>(port)), keep_(keep) {}

  uint16_t port() const { return port_; }

  std::unique_ptr<beast::tcp_stream> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    std::unique_ptr<beast::tcp_stream> stream = std::move(idle_.back());
    idle_.pop_back();
    return stream;
  }

  void put_back(std::unique_ptr<beast::tcp_stream> stream) {
    if (!keep_) return;
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(stream));
  }

 private:
  const uint16_t port_;
  const bool keep_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<beast::tcp_stream>> idle_;
};

using Pools = std::vector<std::unique_ptr<Pool>>;

// One GET to one upstream. Lives as long as its handlers.
class Call : public std::enable_shared_from_this<Call> {
 public:
  using Done = std::function<void(std::string body)>;

  Call(boost::asio::any_io_executor executor, Pool& pool, std::string target, Done done)
      : executor_(std::move(executor)), pool_(pool), done_(std::move(done)) {
    request_.method(http::verb::get);
    request_.target(target);
    request_.version(11);
    request_.set(http::field::host, "127.0.0.1:" + std::to_string(pool.port()));
  }

  void start() {
    stream_ = pool_.take();
    if (stream_) return write();
    stream_ = std::make_unique<beast::tcp_stream>(executor_);
    const tcp::endpoint endpoint(boost::asio::ip::address_v4::loopback(), pool_.port());
    stream_->async_connect(endpoint, [self = shared_from_this()](beast::error_code error) {
      if (error) return self->done_("unreachable");
      self->stream_->socket().set_option(tcp::no_delay(true));
      self->write();
    });
  }

 private:
  void write() {
    http::async_write(*stream_, request_,
                      [self = shared_from_this()](beast::error_code error, size_t) {
                        if (error) return self->done_("unreachable");
                        self->read();
                      });
  }

  void read() {
    http::async_read(*stream_, buffer_, response_,
                     [self = shared_from_this()](beast::error_code error, size_t) {
                       if (error) return self->done_("unreachable");
                       if (self->response_.keep_alive())
                         self->pool_.put_back(std::move(self->stream_));
                       self->done_(std::move(self->response_.body()));
                     });
  }

  boost::asio::any_io_executor executor_;
  Pool& pool_;
  Done done_;
  std::unique_ptr<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
  http::request<http::empty_body> request_;
  http::response<http::string_body> response_;
};

// One accepted connection.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Pools& pools) : stream_(std::move(socket)), pools_(pools) {}

  void read() {
    request_ = {};
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code error, size_t) {
                       if (!error) self->handle();
                     });
  }

 private:
  void handle() {
    const std::string target(request_.target());
    if (target.starts_with("/chain/")) {
      const std::string path = target.substr(0, target.find('?'));
      return chain("beast " + path.substr(7) + "\n", 0);
    }
    if (target == "/echo") return respond(http::status::ok, request_.body());
    if (target == "/hello") return respond(http::status::ok, "hello\n");
    respond(http::status::not_found, "not found\n");
  }

  void chain(std::string body, size_t index) {
    if (index == pools_.size()) return respond(http::status::ok, std::move(body));
    std::make_shared<Call>(stream_.get_executor(), *pools_[index], std::string(request_.target()),
                           [self = shared_from_this(), body, index](const std::string& more) {
                             self->chain(body + more, index + 1);
                           })
        ->start();
  }

  void respond(http::status status, std::string body) {
    response_ = {};
    response_.result(status);
    response_.version(11);
    response_.keep_alive(request_.keep_alive());
    response_.set(http::field::content_type, "text/plain");
    response_.body() = std::move(body);
    response_.prepare_payload();
    http::async_write(stream_, response_,
                      [self = shared_from_this()](beast::error_code error, size_t) {
                        if (error) return;
                        if (self->response_.keep_alive()) return self->read();
                        self->stream_.socket().shutdown(tcp::socket::shutdown_send, error);
                      });
  }

  beast::tcp_stream stream_;
  Pools& pools_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

void accept(tcp::acceptor& acceptor, boost::asio::io_context& context, Pools& pools) {
  acceptor.async_accept(boost::asio::make_strand(context),
                        [&](beast::error_code error, tcp::socket socket) {
                          if (!error) {
                            socket.set_option(tcp::no_delay(true));
                            std::make_shared<Session>(std::move(socket), pools)->read();
                          }
                          accept(acceptor, context, pools);
                        });
}

}  // namespace

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  const int threads = options.number("threads", 1);
  Pools pools;
  for (const std::string& port : options.all("upstream"))
    pools.push_back(std::make_unique<Pool>(std::stoi(port), options.number("pool", 0) == 1));

  boost::asio::io_context context(threads);
  tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(),
                                   static_cast<uint16_t>(options.number("port", 0))});
  accept(acceptor, context, pools);
  apps::announce(acceptor.local_endpoint().port());
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back([&context] { context.run(); });
  context.run();
}
