// ProcessState: is the agent on, what was it told, is this process still the one it was?
// Threads: started once by whichever thread comes first; the others pass through meanwhile.
// Failure: anything that goes wrong turns the agent off for this process.
#pragma once

#include <atomic>
#include <cstdint>

#include "wire/segment.h"

namespace seamtrace::agent {

enum class Activity : uint32_t {
  kNotStarted = 0,  ///< no socket seen yet
  kStarting = 1,    ///< another thread is at it
  kOn = 2,
  kOff = 3,  ///< switched off, or impossible here
};

/// What the environment said, parsed once. Text lives in `environ` or in `text`.
struct Settings {
  bool propagation_only;  ///< OTEL_SDK_DISABLED
  bool exec_context;      ///< SEAMTRACE_EXEC_CONTEXT
  bool forwards_targets;  ///< the program is a known reverse proxy
  /// By wire::Protocol: not in OTEL_CPP_DISABLED_INSTRUMENTATIONS.
  bool traced[wire::kLastProtocol + 1];
  bool traces(wire::Protocol protocol) const { return traced[static_cast<uint8_t>(protocol)]; }
  uint32_t propagators;  ///< bits of codecs::Propagator
  wire::Sampler sampler;
  uint64_t rejection_threshold;
  char base_directory[wire::kMostBaseDirectoryBytes + 1];
  /// Lower-cased comma lists of headers to capture: [server, client][request, response].
  char captured_headers[2][2][256];
  bool captures_headers[2][2];
  char environment_traceparent[64];
  /// TRACESTATE and BAGGAGE as they stand in the environment, unchecked; null when absent.
  const char* environment_tracestate;
  const char* environment_baggage;
  /// The variables that concern telemetry, each ended by NUL, an empty one last. Kept because a
  /// program may replace its environment before the first traced byte (nginx does).
  char telemetry_environment[8 * 1024];
};

struct ProcessState {
  std::atomic<Activity> activity;
  /// Points into a page that the kernel wipes in a forked child: 0 there, 1 in its owner.
  std::atomic<uint32_t>* alive_marker = nullptr;
  /// Counts forks, so that a thread can see that its state is its parent's. Starts at 1.
  std::atomic<uint32_t> epoch;
  /// This process has served a request: it is not a batch job.
  std::atomic<bool> has_served;
  std::atomic<uint32_t> environment_parent_uses;
  std::atomic<uint64_t> next_connection_id;
  uint32_t pid = 0;
};

/// By wire::Protocol: the name in OTEL_CPP_DISABLED_INSTRUMENTATIONS.
inline constexpr const char* kInstrumentations[wire::kLastProtocol + 1] = {
    "", "http", "postgresql", "mysql", "mysql", "redis", "memcached", "sqlite"};

extern ProcessState process_state;
extern Settings settings;

/// Parses the environment into `settings`. False: the agent is switched off.
bool read_settings();

/// True when the agent is on. One or two loads; the way of every hook.
inline bool agent_is_on() {
  return __builtin_expect(process_state.activity.load(std::memory_order_acquire) == Activity::kOn,
                          0);
}

/// True in the first hook of a forked child.
inline bool was_forked() {
  return process_state.alive_marker != nullptr &&
         process_state.alive_marker->load(std::memory_order_relaxed) == 0;
}

/// Maps (or re-maps) the marker page. False when the kernel has no MADV_WIPEONFORK and no memory.
bool open_alive_marker();

/// A 64-bit pseudo-random number of this thread (wyrand), seeded from the kernel.
uint64_t thread_random();

}  // namespace seamtrace::agent
