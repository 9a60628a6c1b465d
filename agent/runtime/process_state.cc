#include "agent/runtime/process_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string_view>

#include "agent/codecs/propagation/propagation.h"
#include "agent/runtime/platform.h"
#include "agent/runtime/thread_state.h"
#include "wire/configuration.h"

namespace seamtrace::agent {

constinit thread_local ThreadState thread_state{};
__thread uint32_t seamtrace_in_vfork_child;
constinit ProcessState process_state;
Settings settings;

namespace {

std::string_view environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? std::string_view{} : wire::trim(value);
}

void copy_lowered(char* out, size_t capacity, std::string_view text) {
  size_t size = text.size() < capacity - 1 ? text.size() : capacity - 1;
  for (size_t i = 0; i < size; ++i) out[i] = wire::to_lower(text[i]);
  out[size] = '\0';
}

bool list_contains(std::string_view list, std::string_view wanted) {
  while (list.data() != nullptr)
    if (wire::equals_ignoring_case(wire::next_item(list), wanted)) return true;
  return false;
}

void read_sampler() {
  constexpr std::string_view kNames =
      "always_on always_off traceidratio parentbased_always_on parentbased_always_off "
      "parentbased_traceidratio";
  settings.sampler = wire::Sampler::kParentBasedAlwaysOn;
  settings.rejection_threshold = 0;
  const wire::Parsed<uint32_t> sampler =
      wire::parse_choice(environment("OTEL_TRACES_SAMPLER"), kNames);
  if (!sampler.valid) return;
  settings.sampler = static_cast<wire::Sampler>(sampler.value);
  const wire::Parsed<double> ratio = wire::parse_ratio(environment("OTEL_TRACES_SAMPLER_ARG"));
  if (ratio.valid) settings.rejection_threshold = wire::rejection_threshold(ratio.value);
}

void read_captured_headers() {
  constexpr const char* kNames[2][2] = {
      {"OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST",
       "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE"},
      {"OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST",
       "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE"}};
  for (int role = 0; role < 2; ++role)
    for (int direction = 0; direction < 2; ++direction) {
      const std::string_view list = environment(kNames[role][direction]);
      settings.captures_headers[role][direction] = !list.empty();
      copy_lowered(settings.captured_headers[role][direction],
                   sizeof settings.captured_headers[role][direction], list);
    }
}

/// Programs that handle each event to its end and pass request targets on as they are: there a
/// target shared by an incoming and an outgoing request is evidence.
bool is_reverse_proxy() {
  char path[256];
  const long size = optional_syscall(SYS_readlinkat, -100, as_argument("/proc/self/exe"),
                                     as_argument(path), sizeof path);  // -100: AT_FDCWD
  if (size <= 0) return false;
  std::string_view name(path, static_cast<size_t>(size));
  for (size_t i = name.size(); i > 0; --i)
    if (name[i - 1] == '/') {
      name.remove_prefix(i);
      break;
    }
  return name == "nginx" || name == "haproxy" || name == "lighttpd";
}

/// Variables that concern telemetry. Exporter settings (they may hold secrets) belong to the
/// collector and stay out.
bool concerns_telemetry(std::string_view entry) {
  constexpr std::string_view kPrefixes[] = {"OTEL_",
                                            "K8S_",
                                            "POD_",
                                            "GAE_",
                                            "K_SERVICE=",
                                            "K_REVISION=",
                                            "HOSTNAME=",
                                            "KUBERNETES_SERVICE_HOST=",
                                            "NODE_NAME=",
                                            "K_CONFIGURATION=",
                                            "NAMESPACE=",
                                            "GOOGLE_CLOUD_PROJECT=",
                                            "CONTAINER_NAME=",
                                            "SEAMTRACE_RUN_ID="};
  if (entry.starts_with("OTEL_EXPORTER_")) return false;
  for (const std::string_view prefix : kPrefixes)
    if (entry.starts_with(prefix)) return true;
  return false;
}

void read_traced_protocols(std::string_view disabled) {
  for (uint8_t protocol = 1; protocol <= wire::kLastProtocol; ++protocol)
    settings.traced[protocol] = !list_contains(disabled, kInstrumentations[protocol]);
}

void keep_environment() {
  constexpr size_t kCapacity = sizeof settings.telemetry_environment;
  size_t used = 0;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!concerns_telemetry(text) || used + text.size() + 2 > kCapacity) continue;
    memcpy(settings.telemetry_environment + used, text.data(), text.size());
    used += text.size();
    settings.telemetry_environment[used++] = '\0';
  }
  settings.telemetry_environment[used] = '\0';
}

}  // namespace

bool read_settings() {
  if (!wire::parse_boolean(environment("OTEL_ENABLED"), true)) return false;
  const std::string_view disabled = environment("OTEL_CPP_DISABLED_INSTRUMENTATIONS");
  if (list_contains(disabled, "all") || list_contains(disabled, "*")) return false;
  settings.forwards_targets = is_reverse_proxy();
  read_traced_protocols(disabled);
  settings.propagation_only = wire::parse_boolean(environment("OTEL_SDK_DISABLED"), false);
  settings.exec_context = wire::parse_boolean(environment("SEAMTRACE_EXEC_CONTEXT"), false);
  settings.propagators = codecs::parse_propagators(environment("OTEL_PROPAGATORS"));
  keep_environment();
  read_sampler();
  read_captured_headers();
  std::string_view base = environment("SEAMTRACE_DIR");
  if (base.empty()) base = wire::kDefaultBaseDirectory;
  if (base.size() >= sizeof settings.base_directory) return false;
  memcpy(settings.base_directory, base.data(), base.size());
  settings.base_directory[base.size()] = '\0';
  settings.environment_tracestate = getenv("TRACESTATE");
  settings.environment_baggage = getenv("BAGGAGE");
  const std::string_view parent = environment("TRACEPARENT");
  settings.environment_traceparent[0] = '\0';
  if (!parent.empty() && parent.size() < sizeof settings.environment_traceparent) {
    memcpy(settings.environment_traceparent, parent.data(), parent.size());
    settings.environment_traceparent[parent.size()] = '\0';
  }
  return true;
}

bool open_alive_marker() {
  if (process_state.alive_marker == nullptr) {
    void* page = reserve(4096);
    if (page == nullptr) return false;
    if (!make_usable(page, 4096) ||
        optional_syscall(SYS_madvise, as_argument(page), 4096, MADV_WIPEONFORK) != 0) {
      unmap(page, 4096);
      return false;
    }
    process_state.alive_marker = static_cast<std::atomic<uint32_t>*>(page);
  }
  process_state.alive_marker->store(1, std::memory_order_relaxed);
  process_state.pid = current_pid();
  return true;
}

uint64_t thread_random() {
  uint64_t& state = thread_state.random_state;
  if (state == 0) {
    constexpr long kNonBlocking = 1;  // GRND_NONBLOCK
    if (optional_syscall(SYS_getrandom, as_argument(&state), sizeof state, kNonBlocking) !=
        sizeof state)
      state = monotonic_ns() * 0x9e37'79b9'7f4a'7c15 ^ current_tid() ^ as_argument(&state);
    state |= 1;
  }
  // wyrand: one multiplication, passes BigCrush.
  state += 0xa076'1d64'78bd'642f;
  const auto product = static_cast<unsigned __int128>(state) * (state ^ 0xe703'7ed1'a0b4'28db);
  return static_cast<uint64_t>(product >> 64) ^ static_cast<uint64_t>(product);
}

}  // namespace seamtrace::agent
