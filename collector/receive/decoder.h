// Decoders: the body of an OTLP trace export request -> spans.
// Path:    HTTP, gRPC -> [receive] -> SpanSink
// Memory:  borrow `body` for the call; everything is copied into the list's arena.
// Failure: in the result; never throw. Bad spans are left out, the others are there.
// Source:  OTLP 1.11, opentelemetry/proto/collector/trace/v1/trace_service.proto, and "JSON
//          Protobuf Encoding" of the OTLP specification.
#pragma once

#include <string_view>

#include "collector/receive/receiver_limits.h"
#include "collector/receive/request_builder.h"
#include "collector/receive/resource_cache.h"

namespace seamtrace::collector {

enum class MessageFormat { kProtobuf, kJson };

DecodedRequest decode_protobuf(std::string_view body, ResourceCache& resources,
                               const ReceiverLimits& limits);
DecodedRequest decode_json(std::string_view body, ResourceCache& resources,
                           const ReceiverLimits& limits);

}  // namespace seamtrace::collector
