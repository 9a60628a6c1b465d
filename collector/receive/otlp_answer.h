// OtlpAnswer: what a sender is told, as OTLP writes it.
// Path:    [receive] -> HTTP, gRPC
// Source:  OTLP 1.11, trace_service.proto (ExportTraceServiceResponse); google/rpc/status.proto.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "collector/receive/decoder.h"
#include "collector/receive/refusal.h"

namespace seamtrace::collector {

struct OtlpAnswer {
  std::optional<Refusal> refusal;  ///< of the whole request
  uint64_t rejected_spans = 0;
  std::string message;  ///< why; or what was changed; empty: all is well
};

/// google.rpc.Code, which is gRPC's status as well.
enum class RpcCode : uint32_t {
  kOk = 0,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kResourceExhausted = 8,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
};
RpcCode rpc_code(Refusal refusal);

/// ExportTraceServiceResponse. REQUIRES: the request was not refused.
std::string encode_response(const OtlpAnswer& answer, MessageFormat format);

/// google.rpc.Status.
std::string encode_status(RpcCode code, const std::string& message, MessageFormat format);

}  // namespace seamtrace::collector
