#include "collector/web/http_session.h"

#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <memory>
#include <optional>

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
using Message = http::request<http::string_body>;

constexpr uint32_t kLongestHead = 16 * 1024;
constexpr size_t kReadStep = size_t{64} << 10;
// After the last answer, for a client that is still sending to get to read it.
constexpr std::chrono::seconds kLongestLingering{5};
constexpr size_t kMostDiscarded = size_t{64} << 20;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& each : result)
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each + ('a' - 'A'));
  return result;
}

/// Without the body. The path is empty where the target is malformed.
HttpRequest head_of(const Message& message) {
  HttpRequest request;
  request.method = message.method() == http::verb::head ? "GET" : view(message.method_string());
  if (const auto target = parse_request_target(view(message.target()))) {
    request.path = target->path;
    request.parameters = target->parameters;
  }
  for (const auto& field : message) {
    std::string& value = request.headers[lower_case(view(field.name_string()))];
    if (!value.empty()) value += ", ";
    value += view(field.value());
  }
  return request;
}

/// Reads a request, lets a worker answer it, writes the answer, and again.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket&& socket, HttpShared& shared) : stream_(std::move(socket)), shared_(shared) {
    ++shared_.connections;
  }
  ~Session() {
    release();
    --shared_.connections;
  }

  void read() {
    parser_.emplace();
    parser_->header_limit(kLongestHead);
    parser_->body_limit(shared_.options.longest_body);
    parser_->eager(true);
    stream_.expires_after(shared_.options.patience);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, size_t) { self->on_head(error); });
  }

 private:
  void on_head(error_code error) {
    if (error) return on_bad_request(error);
    if (!reserve(parser_->content_length().value_or(0))) return refuse_for_now();
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
    if (parser_->is_done()) return on_request();
    http::async_read_some(stream_, buffer_, *parser_,
                          [self = shared_from_this()](error_code error, size_t) {
                            if (error) return self->on_bad_request(error);
                            // Nobody said how long a chunked one will be.
                            if (!self->reserve(self->parser_->get().body().capacity()))
                              return self->refuse_for_now();
                            self->read_body();
                          });
  }

  /// Of the server's memory, for this request in total. False: too much is in use.
  bool reserve(size_t bytes) {
    if (bytes <= reserved_) return true;
    const size_t more = bytes - reserved_;
    if (shared_.buffered + more > shared_.options.most_buffered) return false;
    shared_.buffered += more;
    reserved_ = bytes;
    return true;
  }

  void release() { shared_.buffered -= std::exchange(reserved_, 0); }

  void on_bad_request(error_code error) {
    if (error == http::error::body_limit)
      return refuse(
          413, "the body has more than " + std::to_string(shared_.options.longest_body) + " bytes");
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
      return refuse(431, "the request's head is too long");
    if (error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message)
      return refuse(400, "this is not an HTTP request: " + error.message());
    close();
  }

  void refuse_for_now() {
    refuse(503, "the requests that are under way take all the memory there is for them");
  }

  /// Of a request that was not read to its end, so it is the connection's last.
  void refuse(int status, const std::string& sentence) {
    is_head_ = parser_->get().method() == http::verb::head;
    HttpResponse response = refusal(status, sentence, head_of(parser_->get()));
    parser_.reset();  // and with it the body
    write(std::move(response), /*keep_alive=*/false);
  }

  HttpResponse refusal(int status, const std::string& sentence, const HttpRequest& head) const {
    if (shared_.options.on_refused) return shared_.options.on_refused(status, sentence, head);
    HttpResponse response = error_response(status, sentence);
    if (status == 503) response.headers.emplace_back("Retry-After", "1");
    return response;
  }

  void on_request() {
    stream_.expires_never();  // a handler may take its time
    const bool keep_alive = parser_->get().keep_alive();
    is_head_ = parser_->get().method() == http::verb::head;
    auto message = std::make_shared<Message>(parser_->release());
    asio::post(shared_.workers, [self = shared_from_this(), message, keep_alive] {
      HttpResponse response = self->answer(*message);
      asio::post(self->stream_.get_executor(),
                 [self, response = std::move(response), keep_alive]() mutable {
                   self->write(std::move(response), keep_alive);
                 });
    });
  }

  HttpResponse answer(Message& message) const {
    HttpRequest request = head_of(message);
    if (request.path.empty()) return refusal(400, "the request's target is malformed", request);
    request.body = std::move(message.body());
    try {
      return shared_.handler(request);
    } catch (const std::exception& error) {
      log(LogLevel::kError, "a request for " + request.path + " failed: " + error.what());
      return error_response(500, "the request could not be answered; the collector's log says why");
    }
  }

  void write(HttpResponse&& response, bool keep_alive) {
    release();
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
          if (error) return self->close();
          if (keep_alive) return self->read();
          self->linger();
        });
  }

  /// Closing with something unread would reset the connection, and the client might lose the
  /// answer.
  void linger() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    buffer_.clear();
    stream_.expires_after(kLongestLingering);
    discard();
  }

  void discard() {
    stream_.async_read_some(buffer_.prepare(kReadStep),
                            [self = shared_from_this()](error_code error, size_t size) {
                              self->discarded_ += size;
                              if (error || self->discarded_ > kMostDiscarded) return self->close();
                              self->discard();
                            });
  }

  void close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.close();
  }

  beast::tcp_stream stream_;
  HttpShared& shared_;
  beast::flat_buffer buffer_{kLongestHead + kReadStep};
  std::optional<http::request_parser<http::string_body>> parser_;
  std::shared_ptr<http::response<http::empty_body>> continue_;
  std::shared_ptr<http::response<http::string_body>> response_;
  bool is_head_ = false;  ///< of the request that is answered: one at a time
  size_t reserved_ = 0;   ///< its bytes of shared_.buffered
  size_t discarded_ = 0;
};

}  // namespace

void serve_connection(tcp::socket&& socket, HttpShared& shared) {
  std::make_shared<Session>(std::move(socket), shared)->read();
}

}  // namespace seamtrace::collector
