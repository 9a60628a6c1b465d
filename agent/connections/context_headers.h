// ContextHeaders: the trace context that a request head carries, in whatever formats.
// Memory:  values that need several fields are copied; plain data.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/codecs/http1/http1_codec.h"
#include "agent/codecs/propagation/propagation.h"

namespace seamtrace::agent {

class ContextHeaders {
 public:
  /// A new head begins.
  void clear() {
    traceparents_ = 0;
    present_ = 0;
    other_ = {};
    traceparent_ = {};
  }
  /// Takes a field of the head; ignores what is not context or not in `propagators`.
  void add(codecs::Http1Header header, std::string_view value, uint32_t propagators);

  /// What the head carries; invalid when nothing usable.
  codecs::TraceContext context() const;
  /// Some configured format was present, valid or not.
  bool any() const { return traceparents_ != 0 || present_ != 0; }
  /// A traceparent was there, but unusable: its tracestate must be dropped, too.
  bool traceparent_is_bad() const {
    return traceparents_ > 1 || (traceparents_ == 1 && !traceparent_.valid);
  }
  bool single_traceparent() const { return traceparents_ == 1; }
  bool has_baggage() const { return (present_baggage_ & 1) != 0; }
  void note_baggage(bool there) { present_baggage_ = there ? 1 : 0; }

 private:
  enum Field : uint8_t {
    kTraceIdField,
    kSpanIdField,
    kSampledField,
    kFlagsField,
    kOtTraceIdField,
    kOtSpanIdField,
    kOtSampledField,
    kFieldCount,
  };
  static constexpr uint32_t kFieldCapacity = 32;

  void keep(Field field, std::string_view value);
  std::string_view kept(Field field) const;

  codecs::TraceContext traceparent_;
  codecs::TraceContext other_;  ///< b3 single, jaeger, xray, gcp: the first valid one
  uint8_t traceparents_ = 0;
  uint8_t present_ = 0;  ///< other formats seen: 1 single-field, 2 b3 multi, 4 ottrace
  uint8_t present_baggage_ = 0;
  uint8_t field_sizes_[kFieldCount] = {};
  char fields_[kFieldCount][kFieldCapacity] = {};
};

}  // namespace seamtrace::agent
