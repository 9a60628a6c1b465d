#include "collector/receive/otlp_answer.h"

#include <protozero/pbf_writer.hpp>

#include "nlohmann/json.hpp"

namespace seamtrace::collector {
namespace {

enum Response : uint32_t { kPartialSuccess = 1 };
enum PartialSuccessField : uint32_t { kRejectedSpans = 1, kErrorMessage = 2 };
enum StatusField : uint32_t { kCode = 1, kMessage = 2 };

bool is_partial(const OtlpAnswer& answer) {
  return answer.rejected_spans != 0 || !answer.message.empty();
}

}  // namespace

RpcCode rpc_code(Refusal refusal) {
  switch (refusal) {
    case Refusal::kTooLarge:
      return RpcCode::kResourceExhausted;
    case Refusal::kBusy:
      return RpcCode::kUnavailable;
    case Refusal::kTimeout:
      return RpcCode::kDeadlineExceeded;
    case Refusal::kEncoding:
    case Refusal::kMethod:
    case Refusal::kNotTraces:
      return RpcCode::kUnimplemented;
    default:
      return RpcCode::kInvalidArgument;
  }
}

std::string encode_response(const OtlpAnswer& answer, MessageFormat format) {
  if (format == MessageFormat::kJson) {
    nlohmann::json json = nlohmann::json::object();
    if (is_partial(answer)) {
      json["partialSuccess"]["rejectedSpans"] = std::to_string(answer.rejected_spans);
      json["partialSuccess"]["errorMessage"] = answer.message;
    }
    return json.dump();
  }
  std::string body;
  if (!is_partial(answer)) return body;
  {
    // Complete once they are destroyed.
    protozero::pbf_writer response(body);
    protozero::pbf_writer partial(response, kPartialSuccess);
    if (answer.rejected_spans != 0)
      partial.add_int64(kRejectedSpans, static_cast<int64_t>(answer.rejected_spans));
    if (!answer.message.empty()) partial.add_string(kErrorMessage, answer.message);
  }
  return body;
}

std::string encode_status(RpcCode code, const std::string& message, MessageFormat format) {
  if (format == MessageFormat::kJson)
    return nlohmann::json{{"code", static_cast<uint32_t>(code)}, {"message", message}}.dump();
  std::string body;
  protozero::pbf_writer status(body);
  status.add_int32(kCode, static_cast<int32_t>(code));
  status.add_string(kMessage, message);
  return body;
}

}  // namespace seamtrace::collector
