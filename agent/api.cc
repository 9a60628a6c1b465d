// The C functions that a linked program may call (include/seamtrace/seamtrace_c.h).
#include <stdlib.h>
#include <string.h>

#include <string_view>

#include "agent/codecs/propagation/propagation.h"
#include "agent/hooks/next_function.h"
#include "agent/pipeline.h"
#include "agent/ring_writer/segment_writer.h"
#include "include/seamtrace/seamtrace_c.h"
#include "wire/configuration.h"
#include "wire/counters.h"

using namespace seamtrace;
using namespace seamtrace::agent;

namespace {

template <size_t kCapacity>
void copy_text(char (&out)[kCapacity], std::string_view text) {
  const size_t size = text.size() < kCapacity - 1 ? text.size() : kCapacity - 1;
  memcpy(out, text.data(), size);
  out[size] = '\0';
}

std::string_view environment(const char* name, std::string_view fallback) {
  const char* value = getenv(name);
  return value == nullptr || *value == '\0' ? fallback : std::string_view(value);
}

std::string_view sampler_name(wire::Sampler sampler) {
  switch (sampler) {
    case wire::Sampler::kAlwaysOn:
      return "always_on";
    case wire::Sampler::kAlwaysOff:
      return "always_off";
    case wire::Sampler::kTraceIdRatio:
      return "traceidratio";
    case wire::Sampler::kParentBasedAlwaysOn:
      return "parentbased_always_on";
    case wire::Sampler::kParentBasedAlwaysOff:
      return "parentbased_always_off";
    case wire::Sampler::kParentBasedTraceIdRatio:
      return "parentbased_traceidratio";
  }
  return "";
}

/// A collector that visits writes its heartbeat about once a second.
bool collector_is_reachable() {
  constexpr uint64_t kSilenceNs = 5'000'000'000;
  const uint64_t visit =
      ring_writer::control().collector_heartbeat_ns.load(std::memory_order_relaxed);
  return visit != 0 && monotonic_ns() - visit < kSilenceNs;
}

/// `http,redis`: what is not disabled, each name once.
template <size_t kSize>
void list_instrumentations(char (&out)[kSize]) {
  size_t used = 0;
  for (uint8_t protocol = 1; protocol <= wire::kLastProtocol; ++protocol) {
    const char* name = kInstrumentations[protocol];
    const size_t size = strlen(name);
    const bool repeated = protocol > 1 && strcmp(name, kInstrumentations[protocol - 1]) == 0;
    if (!settings.traced[protocol] || repeated || used + size + 2 > kSize) continue;
    if (used != 0) out[used++] = ',';
    memcpy(out + used, name, size + 1);
    used += size;
  }
}

}  // namespace

SEAMTRACE_HOOK int seamtrace_is_enabled(void) {
  return agent_is_on() && !settings.propagation_only &&
                 ring_writer::control().tracing.load(std::memory_order_relaxed) != 0
             ? 1
             : 0;
}

SEAMTRACE_HOOK int seamtrace_bootstrap(void) {
  if (!pipeline::start()) return 0;
  bool ready = false;
  pipeline::with_agent([&] { ready = ring_writer::ensure_segment(); });
  return ready ? seamtrace_is_enabled() : 0;
}

SEAMTRACE_HOOK int seamtrace_status(struct seamtrace_status_v1* out) {
  if (out == nullptr || out->size < sizeof *out) return 0;
  const uint32_t size = out->size;
  memset(out, 0, sizeof *out);
  out->size = size;
  out->active = static_cast<uint32_t>(seamtrace_is_enabled());
  copy_text(out->service, environment("OTEL_SERVICE_NAME", "unknown_service"));
  copy_text(out->exporters, environment("OTEL_TRACES_EXPORTER", "otlp"));
  if (!agent_is_on()) return 1;
  out->propagation_only = settings.propagation_only ? 1 : 0;
  list_instrumentations(out->instrumentations);
  const wire::ControlBlock& control = ring_writer::control();
  copy_text(
      out->sampler,
      sampler_name(static_cast<wire::Sampler>(control.sampler.load(std::memory_order_relaxed))));
  out->collector_reachable = collector_is_reachable() ? 1 : 0;
  for (uint32_t i = 0; i < wire::kCounterCount && i < SEAMTRACE_STATUS_COUNTERS; ++i) {
    copy_text(out->counters[i].name, wire::kCounterDescriptions[i].name);
    out->counters[i].value = ring_writer::counter_value(static_cast<wire::Counter>(i));
    out->counter_count = i + 1;
  }
  return 1;
}
