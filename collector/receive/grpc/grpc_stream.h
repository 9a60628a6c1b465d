// GrpcStream: one request of a connection, from its first header to the last byte of its answer.
// Path:    a part of GrpcConnection
#pragma once

#include <cstdint>
#include <string>

namespace seamtrace::collector {

struct GrpcStream {
  int32_t id = 0;
  // Headers, as far as they matter.
  std::string method;
  std::string path;
  std::string content_type;
  std::string encoding;  ///< grpc-encoding

  std::string body;
  bool complete = false;  ///< the client has said all
  bool answered = false;  ///< what still comes is not read
  std::string answer;     ///< the message with its prefix
  size_t answer_sent = 0;
  uint64_t began_ns = 0;
  uint64_t changed_ns = 0;  ///< when bytes came, or when it was answered
};

}  // namespace seamtrace::collector
