// What the tests of the propagation formats share.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "agent/codecs/propagation/propagation.h"

namespace seamtrace::agent::codecs {

inline constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";
inline constexpr char kSpan[] = "b7ad6b7169203331";

inline std::string hex(const uint8_t* bytes, size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

/// `{trace} {span} {flags}[ undecided]`, or `invalid`. Invalid contexts must be all zero.
inline std::string show(const TraceContext& context) {
  if (!context.valid) return "invalid";
  return hex(context.trace_id, 16) + " " + hex(context.span_id, 8) + " " +
         std::to_string(context.flags) + (context.sampling_decided ? "" : " undecided");
}

inline TraceContext example(uint8_t flags) {
  TraceContext context = parse_traceparent(std::string("00-") + kTrace + "-" + kSpan + "-00");
  context.flags = flags;
  return context;
}

inline const std::string kShown = std::string(kTrace) + " " + kSpan + " ";

}  // namespace seamtrace::agent::codecs
