#include "agent/connections/context_headers.h"

#include <string.h>

namespace seamtrace::agent {

using codecs::Http1Header;
using codecs::TraceContext;

void ContextHeaders::keep(Field field, std::string_view value) {
  constexpr uint8_t kMultiB3 = 2, kOtTraceBit = 4;
  if ((present_ & (kMultiB3 | kOtTraceBit)) == 0)
    memset(field_sizes_, 0, sizeof field_sizes_);  // clear() leaves them
  present_ |= field >= kOtTraceIdField ? kOtTraceBit : kMultiB3;
  if (value.size() > kFieldCapacity) value = "";
  memcpy(fields_[field], value.data(), value.size());
  field_sizes_[field] = static_cast<uint8_t>(value.size());
}

std::string_view ContextHeaders::kept(Field field) const {
  return {fields_[field], field_sizes_[field]};
}

void ContextHeaders::add(Http1Header header, std::string_view value, uint32_t propagators) {
  TraceContext single;
  bool is_single = false;
  const auto take = [&](uint32_t format, TraceContext (*parse)(std::string_view)) {
    if ((propagators & format) == 0) return;
    single = parse(value);
    is_single = true;
  };
  switch (header) {
    case Http1Header::kTraceparent:
      if ((propagators & codecs::kTraceContext) == 0) return;
      traceparent_ = codecs::parse_traceparent(value);
      if (traceparents_ < 2) ++traceparents_;
      return;
    case Http1Header::kB3:
      take(codecs::kB3, codecs::parse_b3);
      break;
    case Http1Header::kUberTraceId:
      take(codecs::kJaeger, codecs::parse_jaeger);
      break;
    case Http1Header::kXAmznTraceId:
      take(codecs::kXray, codecs::parse_xray);
      break;
    case Http1Header::kXCloudTraceContext:
      take(codecs::kGcp, codecs::parse_gcp);
      break;
    default:
      break;
  }
  if (is_single) {
    present_ |= 1;
    if (!other_.valid) other_ = single;
    return;
  }
  if ((propagators & codecs::kB3Multi) != 0) {
    if (header == Http1Header::kXB3TraceId) keep(kTraceIdField, value);
    if (header == Http1Header::kXB3SpanId) keep(kSpanIdField, value);
    if (header == Http1Header::kXB3Sampled) keep(kSampledField, value);
    if (header == Http1Header::kXB3Flags) keep(kFlagsField, value);
  }
  if ((propagators & codecs::kOtTrace) != 0) {
    if (header == Http1Header::kOtTracerTraceId) keep(kOtTraceIdField, value);
    if (header == Http1Header::kOtTracerSpanId) keep(kOtSpanIdField, value);
    if (header == Http1Header::kOtTracerSampled) keep(kOtSampledField, value);
  }
}

TraceContext ContextHeaders::context() const {
  if (traceparents_ == 1 && traceparent_.valid) return traceparent_;
  if (other_.valid) return other_;
  if ((present_ & 2) != 0) {
    const TraceContext multi = codecs::parse_b3_multi(kept(kTraceIdField), kept(kSpanIdField),
                                                      kept(kSampledField), kept(kFlagsField));
    if (multi.valid) return multi;
  }
  if ((present_ & 4) != 0)
    return codecs::parse_ottrace(kept(kOtTraceIdField), kept(kOtSpanIdField),
                                 kept(kOtSampledField));
  return {};
}

}  // namespace seamtrace::agent
