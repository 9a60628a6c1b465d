#include "collector/receive/otlp_receiver.h"

#include "collector/receive/gunzip.h"

namespace seamtrace::collector {

std::string OtlpReceiver::too_large() const {
  return "the body has more than " + std::to_string(limits_.most_body) +
         " bytes; send smaller batches";
}

DecodedRequest OtlpReceiver::decode(std::string_view body, MessageFormat format,
                                    Compression compression) {
  const std::lock_guard lock(decoding_);
  std::string unpacked;
  if (compression == Compression::kGzip) {
    try {
      body = unpacked = gunzip(body, limits_.most_unpacked);
    } catch (RequestFault& fault) {
      return RequestBuilder::refuse(std::move(fault));
    }
  }
  return format == MessageFormat::kJson ? decode_json(body, resources_, limits_)
                                        : decode_protobuf(body, resources_, limits_);
}

OtlpAnswer OtlpReceiver::receive(std::string_view body, MessageFormat format,
                                 Compression compression) {
  if (body.size() > limits_.most_body) {
    OtlpAnswer answer{.refusal = Refusal::kTooLarge, .rejected_spans = 0, .message = too_large()};
    refuse(Refusal::kTooLarge, answer.message);
    return answer;
  }
  DecodedRequest request = decode(body, format, compression);
  if (request.fault) {
    refuse(request.fault->refusal, request.fault->message);
    return {.refusal = request.fault->refusal,
            .rejected_spans = 0,
            .message = std::move(request.fault->message)};
  }
  const uint64_t spans = request.list.spans.size();
  if (spans > 0 && sink_(std::move(request.list)) == SinkAnswer::kBusy) {
    OtlpAnswer answer{.refusal = Refusal::kBusy,
                      .rejected_spans = 0,
                      .message = "the spans cannot be kept at the moment; send them again later"};
    refuse(Refusal::kBusy, answer.message);
    return answer;
  }
  // Only now: a sender sends again what could not be kept.
  for (const auto& [refusal, count] : request.rejections)
    counters_.refuse(refusal, count, request.message);
  counters_.take(spans);
  return {.refusal = {}, .rejected_spans = request.rejected, .message = std::move(request.message)};
}

}  // namespace seamtrace::collector
