#include "collector/receive/grpc/grpc_connection.h"

#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <new>
#include <utility>

#include "collector/receive/grpc/grpc_callbacks.h"
#include "collector/support/clock.h"

namespace seamtrace::collector {
namespace {

constexpr uint32_t kMostStreams = 100;  // of a connection
constexpr int32_t kStreamWindow = 1 << 20;
constexpr int32_t kConnectionWindow = 8 << 20;
constexpr size_t kReadStep = size_t{64} << 10;
constexpr std::chrono::seconds kLongestLingering{2};

uint64_t nanoseconds(std::chrono::seconds duration) {
  return static_cast<uint64_t>(std::chrono::nanoseconds(duration).count());
}

bool is_try_again(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

GrpcConnection::GrpcConnection(uint64_t id, FileDescriptor socket, GrpcConnectionHost& host)
    : id_(id),
      socket_(std::move(socket)),
      host_(host),
      changed_ns_(monotonic_ns()),
      sent_ns_(changed_ns_) {
  session_ = GrpcCallbacks::make_session(this);
  const std::array<nghttp2_settings_entry, 3> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMostStreams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 16 * 1024},
  }};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

GrpcConnection::~GrpcConnection() {
  nghttp2_session_del(session_);
  for (const auto& [id, stream] : streams_) host_.release(stream.body.size());
}

short GrpcConnection::events() const {
  if (phase_ == Phase::kLingering && out_.empty()) return POLLIN;
  const bool wants_write = !out_.empty() || (heard_ && nghttp2_session_want_write(session_) != 0);
  return static_cast<short>(POLLIN | (wants_write ? POLLOUT : 0));
}

void GrpcConnection::on_events(short events) {
  if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) receive();
  if (phase_ != Phase::kClosed) send();
}

void GrpcConnection::receive() {
  std::array<uint8_t, kReadStep> buffer;
  const ssize_t size = ::recv(fd(), buffer.data(), buffer.size(), 0);
  if (size < 0 && is_try_again(errno)) return;
  if (size <= 0) return close();
  if (phase_ == Phase::kLingering) return;
  const ssize_t read = nghttp2_session_mem_recv(session_, buffer.data(), static_cast<size_t>(size));
  if (read == NGHTTP2_ERR_BAD_CLIENT_MAGIC) return tell_http1();
  if (read < 0) return close();
  heard_ = true;
}

void GrpcConnection::send() {
  for (;;) {
    if (out_.empty() && phase_ == Phase::kOpen && heard_) {
      const uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
      if (size < 0) return close();
      out_.assign(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
    }
    if (out_.empty()) break;
    const ssize_t sent =
        ::send(fd(), out_.data() + out_sent_, out_.size() - out_sent_, MSG_NOSIGNAL);
    if (sent < 0 && is_try_again(errno)) return;
    if (sent < 0) return close();
    sent_ns_ = monotonic_ns();
    out_sent_ += static_cast<size_t>(sent);
    if (out_sent_ < out_.size()) continue;
    out_.clear();
    out_sent_ = 0;
    if (phase_ == Phase::kLingering) ::shutdown(fd(), SHUT_WR);
  }
  // nghttp2 wants neither once it has said GOAWAY for a fault of the protocol.
  if (phase_ == Phase::kOpen && nghttp2_session_want_read(session_) == 0 &&
      nghttp2_session_want_write(session_) == 0) {
    ::shutdown(fd(), SHUT_WR);
    linger();
  }
}

void GrpcConnection::linger() {
  phase_ = Phase::kLingering;
  changed_ns_ = monotonic_ns();
}

void GrpcConnection::tell_http1() {
  const std::string message =
      "This port receives OTLP over gRPC. OTLP over HTTP is received on another port, as a rule "
      "4318: change OTEL_EXPORTER_OTLP_ENDPOINT, or set OTEL_EXPORTER_OTLP_PROTOCOL=grpc.\n";
  host_.refuse(Refusal::kNotGrpc, "a client does not speak gRPC on the port of gRPC");
  out_ =
      "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n"
      "Content-Length: " +
      std::to_string(message.size()) + "\r\n\r\n" + message;
  out_sent_ = 0;
  linger();
}

void GrpcConnection::check_time(uint64_t now_ns) {
  const GrpcServerOptions& options = host_.options();
  const uint64_t patience = nanoseconds(options.patience);
  if (phase_ == Phase::kLingering) {
    if (now_ns > changed_ns_ + nanoseconds(kLongestLingering)) close();
    return;
  }
  if (!greeted_ && now_ns > changed_ns_ + patience) {
    host_.refuse(Refusal::kTimeout, "a client connected to the port of gRPC and said nothing");
    return close();
  }
  if (!out_.empty() && now_ns > sent_ns_ + patience) {
    host_.refuse(Refusal::kTimeout, "a client of gRPC does not read its answers");
    return close();
  }
  for (auto& [id, stream] : streams_) check_stream(stream, now_ns);
  if (streams_.empty() && now_ns > changed_ns_ + nanoseconds(options.longest_idle)) go_away();
  send();
}

void GrpcConnection::go_away() {
  if (phase_ != Phase::kOpen) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  send();
  if (is_quiet() && phase_ == Phase::kOpen) {
    ::shutdown(fd(), SHUT_WR);
    linger();
  }
}

bool GrpcConnection::is_quiet() const {
  return phase_ != Phase::kOpen || (streams_.empty() && out_.empty() &&
                                    !(heard_ && nghttp2_session_want_write(session_) != 0));
}

}  // namespace seamtrace::collector
