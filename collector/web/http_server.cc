#include "collector/web/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "collector/web/http_session.h"

namespace seamtrace::collector {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

class HttpServer::State {
 public:
  explicit State(const HttpServerOptions& options) : shared_(options), acceptor_(context_) {}

  ~State() {
    shared_.workers.join();  // handlers that run; what they answer is not sent any more
    context_.stop();
    if (thread_.joinable()) thread_.join();
    error_code ignored;
    acceptor_.close(ignored);
  }

  std::optional<Error> open() {
    error_code error;
    const auto address = asio::ip::make_address(shared_.options.address, error);
    if (error)
      return Error{"'" + shared_.options.address +
                   "' is not an IP address; 127.0.0.1 and ::1 are this machine, 0.0.0.0 is "
                   "every address of it"};
    const tcp::endpoint endpoint(address, shared_.options.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error)
      return Error{"cannot listen on " + shared_.options.address + ":" +
                       std::to_string(shared_.options.port) + ": " + error.message(),
                   error == asio::error::address_in_use ? ErrorCode::kBusy : ErrorCode::kFailed};
    local_ = acceptor_.local_endpoint(error);
    return {};
  }

  void serve(Handler handler) {
    shared_.handler = std::move(handler);
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }

  const tcp::endpoint& local() const { return local_; }

 private:
  void accept() {
    acceptor_.async_accept(context_, [this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      // Too many files are open, perhaps: not at once again.
      if (error) return accept_later();
      if (shared_.connections < shared_.options.most_connections) {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        serve_connection(std::move(socket), shared_);
      }
      accept();
    });
  }

  void accept_later() {
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([this](error_code error) {
      if (!error) accept();
    });
  }

  // The context goes first: with it the sessions, which use what is above it.
  HttpShared shared_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_{context_};
  tcp::endpoint local_;
  std::thread thread_;
};

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const HttpServerOptions& options) {
  auto state = std::make_unique<State>(options);
  if (auto error = state->open()) return *error;
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

void HttpServer::serve(Handler handler) { state_->serve(std::move(handler)); }

uint16_t HttpServer::port() const { return state_->local().port(); }

std::string HttpServer::url() const {
  const auto address = state_->local().address();
  const std::string text = address.to_string();
  return "http://" + (address.is_v6() ? "[" + text + "]" : text) + ":" + std::to_string(port());
}

}  // namespace seamtrace::collector
