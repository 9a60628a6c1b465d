// GrpcServer: opentelemetry.proto.collector.trace.v1.TraceService/Export over HTTP/2 without TLS.
// Path:    SDKs -> [GrpcServer] -> OtlpReceiver
// Owner:   the collector's front; dies before the OtlpReceiver that it borrows.
// Threads: one for all sockets; two that decode and wait for the sink.
// Memory:  bounded: connections, requests at once, and the bytes of all requests taken together.
// Failure: as gRPC has it, in the trailers; slow and silent clients are disconnected, and
//          whoever does not speak HTTP/2 is told so.
// Source:  RFC 9113; gRPC over HTTP/2 (PROTOCOL-HTTP2.md); OTLP 1.11, "OTLP/gRPC".
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "collector/receive/otlp_receiver.h"
#include "collector/support/result.h"

namespace seamtrace::collector {

struct GrpcServerOptions {
  std::string address = "127.0.0.1";  ///< an IPv4 or IPv6 address, without brackets
  uint16_t port = 0;                  ///< 0: any that is free
  size_t most_connections = 64;
  size_t most_calls = 128;                    ///< whole requests that wait or are worked on
  size_t most_buffered = size_t{64} << 20;    ///< bytes of all requests, whole or not
  std::chrono::seconds patience{30};          ///< with a silent sender and a silent reader
  std::chrono::seconds longest_request{120};  ///< from its first byte to its last
  std::chrono::seconds longest_idle{600};     ///< of a connection without requests
  std::chrono::seconds drain{2};              ///< at the end: for answers to be fetched
};

class GrpcServer {
 public:
  /// Begins to receive. ErrorCode::kBusy: the port is taken.
  static Result<std::unique_ptr<GrpcServer>> listen(const GrpcServerOptions& options,
                                                    OtlpReceiver& receiver);
  /// Says goodbye to its clients, answers what it has, and ends.
  ~GrpcServer();

  uint16_t port() const;
  /// `127.0.0.1:4317`, `[::1]:4317`
  std::string address() const;

 private:
  class State;
  explicit GrpcServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace seamtrace::collector
