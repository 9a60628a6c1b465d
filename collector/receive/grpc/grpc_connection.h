// GrpcConnection: one client's HTTP/2 connection, spoken by nghttp2.
// Path:    socket -> [GrpcConnection] -> CallWorkers; and back
// Owner:   the GrpcServer.
// Threads: the server's.
// Memory:  what its GrpcConnectionHost lets it buffer.
// Failure: a bad request is answered; a bad connection says GOAWAY and ends.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "collector/receive/grpc/grpc_message.h"
#include "collector/receive/grpc/grpc_server.h"
#include "collector/receive/grpc/grpc_stream.h"
#include "collector/support/file_descriptor.h"

struct nghttp2_session;

namespace seamtrace::collector {

/// What connections share.
class GrpcConnectionHost {
 public:
  virtual ~GrpcConnectionHost() = default;
  /// False: too many bytes are buffered.
  virtual bool reserve(size_t bytes) = 0;
  virtual void release(size_t bytes) = 0;
  /// False: too many calls wait. The bytes of its body are the host's to release if it is taken.
  virtual bool call(GrpcCall&& call) = 0;
  virtual void refuse(Refusal refusal, const std::string& message) = 0;
  virtual const GrpcServerOptions& options() const = 0;
  virtual size_t most_message() const = 0;
};

class GrpcConnection {
 public:
  GrpcConnection(uint64_t id, FileDescriptor socket, GrpcConnectionHost& host);
  ~GrpcConnection();
  GrpcConnection(const GrpcConnection&) = delete;
  GrpcConnection& operator=(const GrpcConnection&) = delete;

  int fd() const { return socket_.get(); }
  /// What to poll for.
  short events() const;
  void on_events(short events);
  /// Called every second or so.
  void check_time(uint64_t now_ns);
  /// Does nothing when the client has given the request up.
  void reply(int32_t stream, GrpcReply&& reply);
  /// No more requests; those that are there are answered.
  void go_away();
  /// No request is being answered, and all is sent.
  bool is_quiet() const;
  bool is_closed() const { return phase_ == Phase::kClosed; }

 private:
  enum class Phase {
    kOpen,
    kLingering,  ///< all is said; reads until the client closes, so that it gets to read that
    kClosed,
  };
  friend struct GrpcCallbacks;

  void receive();
  void send();
  void linger();
  void close() { phase_ = Phase::kClosed; }
  void tell_http1();

  GrpcStream* find(int32_t id);
  void on_stream_end(int32_t id);
  void on_headers(GrpcStream& stream);
  void on_data(GrpcStream& stream, std::string_view bytes);
  void on_complete(GrpcStream& stream);
  void check_stream(GrpcStream& stream, uint64_t now_ns);
  void refuse(GrpcStream& stream, Refusal refusal, RpcCode code, const std::string& message);
  void answer_http(GrpcStream& stream, const char* status);
  void answer_status(GrpcStream& stream, RpcCode code, const std::string& message);
  void answer_message(GrpcStream& stream, std::string_view message);
  void mark_answered(GrpcStream& stream);

  const uint64_t id_;
  const FileDescriptor socket_;
  GrpcConnectionHost& host_;
  nghttp2_session* session_ = nullptr;
  std::map<int32_t, GrpcStream> streams_;
  std::string out_;  ///< bytes that the socket did not take yet
  size_t out_sent_ = 0;
  Phase phase_ = Phase::kOpen;
  bool heard_ = false;    ///< bytes that may be HTTP/2 have come: only then it is spoken
  bool greeted_ = false;  ///< the client's preface has come
  uint64_t changed_ns_;   ///< when a request ended, or the phase changed
  uint64_t sent_ns_;      ///< when the socket last took something
};

}  // namespace seamtrace::collector
