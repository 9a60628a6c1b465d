// Refusal: why a request, or one span of it, was not taken.
// Path:    everyone in receive -> [Refusal] -> answers, statistics
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace seamtrace::collector {

enum class Refusal {
  // Of a whole request.
  kMalformed,
  kTooLarge,
  kContentType,
  kEncoding,
  kMethod,
  kNotTraces,  ///< metrics, logs, or a path or method of gRPC that does not exist
  kNotGrpc,    ///< another protocol on the port of gRPC
  kTimeout,
  kBusy,
  // Of one span; the others of its request are taken.
  kTraceId,
  kSpanId,
  kParentSpanId,
  kTime,
  kField,  ///< a member of JSON that is of another type
};
inline constexpr size_t kRefusals = static_cast<size_t>(Refusal::kField) + 1;

/// As statistics call it, e.g. `too_large`.
std::string_view refusal_name(Refusal refusal);

/// Ends the decoding of a request. Does not leave the decoders.
struct RequestFault {
  Refusal refusal = Refusal::kMalformed;
  std::string message;  ///< a sentence without a full stop
};

/// Ends the decoding of one span. Does not leave the decoders.
struct SpanFault {
  Refusal refusal = Refusal::kField;
  std::string message;  ///< what is wrong with it: `its trace id is all zero`
};

}  // namespace seamtrace::collector
