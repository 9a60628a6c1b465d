// GrpcMessage: the five bytes before a message, and what trailers say.
// Path:    a part of GrpcConnection
// Source:  gRPC over HTTP/2 (PROTOCOL-HTTP2.md), "Length-Prefixed-Message", "Status-Message".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collector/receive/otlp_answer.h"

namespace seamtrace::collector {

inline constexpr size_t kGrpcPrefix = 5;

struct GrpcPrefix {
  uint8_t compressed = 0;  ///< 0 or 1; others are malformed
  size_t size = 0;         ///< of the message that follows
};

/// None: there are fewer than five bytes.
std::optional<GrpcPrefix> read_grpc_prefix(std::string_view bytes);
std::string with_grpc_prefix(std::string_view message);

/// `message` as the value of the header grpc-message.
std::string encode_grpc_text(std::string_view message);

/// A request on its way to the workers.
struct GrpcCall {
  uint64_t connection = 0;
  int32_t stream = 0;
  std::string body;  ///< one message with its prefix
  bool gzip = false;
};

struct GrpcReply {
  RpcCode code = RpcCode::kOk;
  std::string message;  ///< where the code is another than kOk
  std::string body;     ///< ExportTraceServiceResponse
};

}  // namespace seamtrace::collector
