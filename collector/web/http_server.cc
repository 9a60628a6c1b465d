#include "collector/web/http_server.h"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include "collector/support/log.h"
#include "collector/web/error_response.h"
#include "collector/web/request_target.h"

namespace seamtrace::collector {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr uint32_t kLongestHead = 16 * 1024;

/// What every session needs; outlives them all.
struct Shared {
  const HttpServerOptions options;
  HttpServer::Handler handler;
  asio::thread_pool workers;
  std::atomic<size_t> connections{0};

  explicit Shared(HttpServerOptions the_options)
      : options(std::move(the_options)), workers(options.workers) {}
};

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& each : result)
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each + ('a' - 'A'));
  return result;
}

/// One connection: reads a request, lets a worker answer it, writes the answer, and again.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {
    ++shared_.connections;
  }
  ~Session() { --shared_.connections; }

  void read() {
    parser_.emplace();
    parser_->header_limit(kLongestHead);
    parser_->body_limit(shared_.options.longest_body);
    stream_.expires_after(shared_.options.patience);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, size_t) { self->on_head(error); });
  }

 private:
  void on_head(error_code error) {
    if (error) return on_bad_request(error);
    if (lower_case(view(parser_->get()[http::field::expect])) == "100-continue") {
      continue_ = std::make_shared<http::response<http::empty_body>>(http::status::continue_, 11);
      http::async_write(stream_, *continue_,
                        [self = shared_from_this()](error_code failed, size_t) {
                          if (!failed) self->read_body();
                        });
      return;
    }
    read_body();
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, size_t) {
                       if (error) return self->on_bad_request(error);
                       self->on_request();
                     });
  }

  void on_bad_request(error_code error) {
    if (error == http::error::body_limit)
      return write(error_response(413, "the request is longer than " +
                                           std::to_string(shared_.options.longest_body) + " bytes"),
                   /*keep_alive=*/false);
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
      return write(error_response(431, "the request's head is too long"), false);
    if (error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message)
      return write(error_response(400, "this is not an HTTP request: " + error.message()), false);
    close();
  }

  void on_request() {
    stream_.expires_never();  // a handler may take its time
    const bool keep_alive = parser_->get().keep_alive();
    auto message = std::make_shared<http::request<http::string_body>>(parser_->release());
    asio::post(shared_.workers, [self = shared_from_this(), message, keep_alive] {
      HttpResponse response = self->answer(*message);
      asio::post(self->stream_.get_executor(),
                 [self, response = std::move(response), keep_alive]() mutable {
                   self->write(std::move(response), keep_alive);
                 });
    });
  }

  HttpResponse answer(http::request<http::string_body>& message) {
    HttpRequest request;
    request.method = view(message.method_string());
    const auto target = parse_request_target(view(message.target()));
    if (!target) return error_response(400, "the request's target is malformed");
    request.path = target->path;
    request.parameters = target->parameters;
    for (const auto& field : message) {
      std::string& value = request.headers[lower_case(view(field.name_string()))];
      if (!value.empty()) value += ", ";
      value += view(field.value());
    }
    is_head_ = message.method() == http::verb::head;
    if (is_head_) request.method = "GET";
    request.body = std::move(message.body());
    try {
      return shared_.handler(request);
    } catch (const std::exception& error) {
      log(LogLevel::kError, "a request for " + request.path + " failed: " + error.what());
      return error_response(500, "the request could not be answered; the collector's log says why");
    }
  }

  void write(HttpResponse&& response, bool keep_alive) {
    response_ = std::make_shared<http::response<http::string_body>>();
    response_->result(static_cast<unsigned>(response.status));
    response_->version(11);
    response_->keep_alive(keep_alive);
    if (!response.content_type.empty())
      response_->set(http::field::content_type, response.content_type);
    for (const auto& [name, value] : response.headers) response_->set(name, value);
    const size_t size = response.body.size();
    if (!is_head_) response_->body() = std::move(response.body);
    if (response.status != 204 && response.status != 304) response_->content_length(size);
    stream_.expires_after(shared_.options.patience);
    auto serializer = std::make_shared<http::response_serializer<http::string_body>>(*response_);
    http::async_write(
        stream_, *serializer,
        [self = shared_from_this(), serializer, keep_alive](error_code error, size_t) {
          if (!error && keep_alive) return self->read();
          self->close();
        });
  }

  void close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.close();
  }

  beast::tcp_stream stream_;
  Shared& shared_;
  beast::flat_buffer buffer_{kLongestHead + 64 * 1024};
  std::optional<http::request_parser<http::string_body>> parser_;
  std::shared_ptr<http::response<http::empty_body>> continue_;
  std::shared_ptr<http::response<http::string_body>> response_;
  bool is_head_ = false;  ///< one request at a time, so one flag
};

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
        std::make_shared<Session>(std::move(socket), shared_)->read();
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
  Shared shared_;
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
