#include "collector/receive/grpc/grpc_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "collector/receive/grpc/call_workers.h"
#include "collector/receive/grpc/grpc_connection.h"
#include "collector/receive/grpc/listening_socket.h"
#include "collector/support/clock.h"

namespace seamtrace::collector {
namespace {

constexpr int kTickMs = 1000;
constexpr int kDrainTickMs = 50;

struct FinishedCall {
  uint64_t connection = 0;
  int32_t stream = 0;
  size_t size = 0;  ///< of its body
  GrpcReply reply;
};

}  // namespace

class GrpcServer::State : private GrpcConnectionHost {
 public:
  State(const GrpcServerOptions& options, OtlpReceiver& receiver, ListeningSocket socket,
        FileDescriptor wake)
      : options_(options),
        receiver_(receiver),
        socket_(std::move(socket)),
        wake_(std::move(wake)),
        workers_(std::make_unique<CallWorkers>(
            receiver, options.most_calls,
            [this](const GrpcCall& call, GrpcReply&& reply) { finish(call, std::move(reply)); })),
        thread_([this] { run(); }) {}

  ~State() override {
    stop_ = true;
    wake();
    thread_.join();
    workers_.reset();
  }

  const ListenAddress& address() const { return socket_.address; }

 private:
  bool reserve(size_t bytes) override {
    if (buffered_ + bytes > options_.most_buffered) return false;
    buffered_ += bytes;
    return true;
  }
  void release(size_t bytes) override { buffered_ -= bytes; }
  bool call(GrpcCall&& call) override {
    if (!workers_->submit(std::move(call))) return false;
    ++calls_;
    return true;
  }
  void refuse(Refusal refusal, const std::string& message) override {
    receiver_.refuse(refusal, message);
  }
  const GrpcServerOptions& options() const override { return options_; }
  size_t most_message() const override { return receiver_.limits().most_body; }

  void finish(const GrpcCall& call, GrpcReply&& reply) {
    {
      const std::lock_guard lock(mutex_);
      finished_.push_back({call.connection, call.stream, call.body.size(), std::move(reply)});
    }
    wake();
  }

  void wake() { ::eventfd_write(wake_.get(), 1); }

  void run();
  void wait(int timeout_ms);
  void accept_one();
  void take_finished();
  void check_time();
  void drain();

  const GrpcServerOptions options_;
  OtlpReceiver& receiver_;
  ListeningSocket socket_;
  const FileDescriptor wake_;
  std::atomic<bool> stop_{false};

  // The thread's own.
  std::map<uint64_t, std::unique_ptr<GrpcConnection>> connections_;
  uint64_t last_id_ = 0;
  size_t buffered_ = 0;
  size_t calls_ = 0;  ///< that the workers have
  uint64_t checked_ns_ = 0;
  bool exhausted_ = false;  ///< no descriptors: connections wait for the next tick

  std::mutex mutex_;
  std::vector<FinishedCall> finished_;
  std::unique_ptr<CallWorkers> workers_;
  std::thread thread_;  // last: uses everything above
};

void GrpcServer::State::run() {
  while (!stop_) wait(kTickMs);
  drain();
  connections_.clear();
}

void GrpcServer::State::wait(int timeout_ms) {
  std::vector<pollfd> polled{{wake_.get(), POLLIN, 0}};
  const bool listens = static_cast<bool>(socket_.fd) && !exhausted_;
  polled.push_back({listens ? socket_.fd.get() : -1, POLLIN, 0});
  std::vector<GrpcConnection*> connections;
  for (const auto& [id, connection] : connections_) {
    polled.push_back({connection->fd(), connection->events(), 0});
    connections.push_back(connection.get());
  }
  if (::poll(polled.data(), polled.size(), timeout_ms) > 0) {
    if (polled[0].revents != 0) {
      eventfd_t count = 0;
      ::eventfd_read(wake_.get(), &count);
    }
    for (size_t i = 0; i < connections.size(); ++i)
      if (polled[i + 2].revents != 0) connections[i]->on_events(polled[i + 2].revents);
    if (polled[1].revents != 0) accept_one();
  }
  take_finished();
  check_time();
  std::erase_if(connections_, [](const auto& entry) { return entry.second->is_closed(); });
}

void GrpcServer::State::accept_one() {
  FileDescriptor client(
      ::accept4(socket_.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!client) {
    exhausted_ = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    return;
  }
  if (connections_.size() >= options_.most_connections)
    return refuse(Refusal::kBusy, "too many connections of gRPC at once");
  const uint64_t id = ++last_id_;
  GrpcConnectionHost& host = *this;
  connections_.emplace(id, std::make_unique<GrpcConnection>(id, std::move(client), host));
}

void GrpcServer::State::take_finished() {
  std::vector<FinishedCall> finished;
  {
    const std::lock_guard lock(mutex_);
    finished.swap(finished_);
  }
  for (FinishedCall& call : finished) {
    release(call.size);
    --calls_;
    const auto found = connections_.find(call.connection);
    if (found == connections_.end()) continue;
    found->second->reply(call.stream, std::move(call.reply));
    found->second->on_events(0);
  }
}

void GrpcServer::State::check_time() {
  const uint64_t now = monotonic_ns();
  if (now < checked_ns_ + uint64_t{kTickMs} * 1'000'000) return;
  checked_ns_ = now;
  exhausted_ = false;
  for (const auto& [id, connection] : connections_) connection->check_time(now);
}

void GrpcServer::State::drain() {
  socket_.fd.reset();
  for (const auto& [id, connection] : connections_) connection->go_away();
  const uint64_t end =
      monotonic_ns() + static_cast<uint64_t>(std::chrono::nanoseconds(options_.drain).count());
  const auto is_quiet = [this] {
    for (const auto& [id, connection] : connections_)
      if (!connection->is_quiet()) return false;
    return calls_ == 0;
  };
  while (!is_quiet() && monotonic_ns() < end) wait(kDrainTickMs);
}

Result<std::unique_ptr<GrpcServer>> GrpcServer::listen(const GrpcServerOptions& options,
                                                       OtlpReceiver& receiver) {
  Result<ListeningSocket> socket = ListeningSocket::open({options.address, options.port});
  if (!socket) return socket.error();
  FileDescriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake) return Error{"no event descriptor for the receiver of gRPC: out of descriptors"};
  auto state = std::make_unique<State>(options, receiver, std::move(*socket), std::move(wake));
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(state)));
}

GrpcServer::GrpcServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
GrpcServer::~GrpcServer() = default;

uint16_t GrpcServer::port() const { return state_->address().port; }
std::string GrpcServer::address() const { return state_->address().text(); }

}  // namespace seamtrace::collector
