// OTEL_PROPAGATORS.
#include "agent/codecs/propagation/propagation.h"
#include "agent/codecs/propagation/text.h"
#include "wire/configuration.h"

namespace seamtrace::agent::codecs {
namespace {

struct Name {
  template <size_t kSizeWithNul>
  constexpr Name(const char (&name)[kSizeWithNul], uint32_t propagator)
      : size(kSizeWithNul - 1), bit(propagator) {
    for (size_t i = 0; i < kSizeWithNul; ++i) text[i] = name[i];
  }
  char text[13] = {};
  size_t size;
  uint32_t bit;
};
constexpr Name kNames[] = {
    {"tracecontext", kTraceContext}, {"baggage", kBaggage}, {"b3", kB3},
    {"b3multi", kB3Multi},           {"jaeger", kJaeger},   {"xray", kXray},
    {"ottrace", kOtTrace},           {"gcp", kGcp},         {"none", 0},
};

}  // namespace

// A list without one known name is a bad value, and a bad value counts as unset.
uint32_t parse_propagators(std::string_view text) {
  uint32_t propagators = 0;
  bool known = false;
  Items items(text, ',');
  std::string_view item;
  while (items.next(item)) {
    for (const Name& name : kNames) {
      if (!wire::equals_ignoring_case(trimmed(item), {name.text, name.size})) continue;
      propagators |= name.bit;
      known = true;
    }
  }
  return known ? propagators : kTraceContext | kBaggage;
}

}  // namespace seamtrace::agent::codecs
