// Segment: the shared memory between one traced process and the collector.
// Path:    agent/ring_writer -> [wire] -> collector/ring_reader
// Owner:   created by the agent, removed by the collector once drained.
// Threads: every field names its single writer; see FORMAT.md.
// Memory:  a sparse file; a range is populated before its first use, so a
//          full file system means "no tracing", never SIGBUS.
// Failure: readers validate everything; the magic is stored last.
//
//   offset
//   0        +------------------+  SegmentHeader     written once, magic last
//   4 KiB    +------------------+  ControlBlock      written by the collector
//   8 KiB    +------------------+  CounterShard[16]  written by the agent
//   32 KiB   +------------------+  ProcessInfo       written once
//   64 KiB   +------------------+  TargetStatistics[64]    320 bytes each
//   96 KiB   +------------------+  ChunkDescriptor[2048]   64 bytes each
//   224 KiB  +------------------+  InFlightSlot[8192]      2 KiB each
//   ~16 MiB  +------------------+  chunks [2048]           16 KiB each
//   ~48 MiB  +------------------+  end
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "wire/counters.h"
#include "wire/records.h"

namespace seamtrace::wire {

inline constexpr uint64_t kSegmentMagic = 0x3143'5254'4d41'4553;  // "SEAMTRC1"
inline constexpr uint32_t kSegmentVersion = 2;

inline constexpr uint32_t kChunkCount = 2048;
inline constexpr uint32_t kChunkBytes = 16 * 1024;
inline constexpr uint32_t kInFlightSlotCount = 8192;
inline constexpr uint32_t kInFlightSlotBytes = 2048;
inline constexpr uint32_t kCounterShardCount = 16;
inline constexpr uint32_t kProcessInfoBytes = 32 * 1024;
inline constexpr uint32_t kTargetCount = 64;
inline constexpr uint32_t kTargetsBytes = 32 * 1024;

/// Identity of the producer and the geometry of the file. Written by the agent
/// before `magic` becomes kSegmentMagic (release store); constant afterwards.
struct SegmentHeader {
  std::atomic<uint64_t> magic;
  uint32_t version;
  uint32_t header_bytes;          ///< sizeof(SegmentHeader)
  uint64_t segment_bytes;         ///< size of the whole file
  uint32_t pid;                   ///< as the producer sees itself (its own pid namespace)
  uint32_t uid;                   ///< effective user when the segment was made
  uint64_t pid_namespace;         ///< inode of /proc/self/ns/pid, 0 when unknown
  uint64_t process_start_ticks;   ///< field 22 of /proc/self/stat, 0 when unknown
  uint64_t created_monotonic_ns;  ///< CLOCK_MONOTONIC at creation
  uint64_t created_realtime_ns;   ///< CLOCK_REALTIME at the same moment, since 1970
  uint32_t chunk_count;
  uint32_t chunk_bytes;
  uint32_t slot_count;
  uint32_t slot_bytes;
  uint32_t record_version;  ///< kRecordVersion of the producer
  uint32_t reserved_0;
  /// One past the highest chunk index ever used; grows only. Agent.
  std::atomic<uint32_t> chunk_high_water;
  /// One past the highest in-flight slot ever used; grows only. Agent.
  std::atomic<uint32_t> slot_high_water;
  /// Signal that the program is about to die of by its own call of abort(), else 0. Agent.
  std::atomic<uint32_t> fatal_signal;
  uint32_t reserved;
};
static_assert(sizeof(SegmentHeader) == 104);

/// Head samplers, as OTEL_TRACES_SAMPLER names them.
enum class Sampler : uint32_t {
  kAlwaysOn = 0,
  kAlwaysOff = 1,
  kTraceIdRatio = 2,
  kParentBasedAlwaysOn = 3,
  kParentBasedAlwaysOff = 4,
  kParentBasedTraceIdRatio = 5,
};

/// A trace is sampled by ratio when the low 56 bits of its id are at least
/// the rejection threshold; 0 keeps all, kRejectAll keeps none.
/// Source: OpenTelemetry specification, trace/tracestate-probability-sampling.
inline constexpr uint64_t kRejectAll = uint64_t{1} << 56;

/// What the collector may change in a running process. The agent fills it from
/// the environment at creation; afterwards only the collector writes it, and
/// the agent reads each field with a relaxed load where it matters.
struct ControlBlock {
  std::atomic<uint32_t> tracing;              ///< 1 on, 0 off (context still propagates)
  std::atomic<uint32_t> sampler;              ///< Sampler
  std::atomic<uint64_t> rejection_threshold;  ///< 0 .. kRejectAll
  /// CLOCK_MONOTONIC of the collector's last visit, 0 if there was none.
  std::atomic<uint64_t> collector_heartbeat_ns;
  std::atomic<uint32_t> collector_pid;
  uint32_t reserved;
};
static_assert(sizeof(ControlBlock) == 32);

/// Counters are sharded by thread so that no two busy threads share a cache
/// line; a counter's value is the sum over the shards.
struct alignas(64) CounterShard {
  std::atomic<uint64_t> value[kCounterCount];
};
static_assert(sizeof(CounterShard) * kCounterShardCount <= 24 * 1024);

/// Upper bounds in seconds of the buckets of connection times; one bucket more for what is longer.
/// Source: semantic conventions, db.client.connection.create_time and .use_time.
inline constexpr double kConnectionTimeBounds[] = {.001, .005, .01, .05, .1, .5, 1, 5, 10};
inline constexpr uint32_t kConnectionTimeBuckets = 10;

/// Life of a target: kFree -> kBeingFilled -> kNamed, by the agent; never freed.
enum class TargetState : uint32_t { kFree = 0, kBeingFilled = 1, kNamed = 2 };

/// Connections of this process, as a client, to one data store. What the metrics
/// db.client.connection.* need, whether spans are sampled or not. All by the agent: relaxed
/// additions; open connections are `opened - closed`, idle ones those without `in_use`.
struct alignas(64) TargetStatistics {
  std::atomic<uint32_t> state;  ///< TargetState; release store
  uint8_t protocol;             ///< Protocol
  uint8_t reserved[3];
  Endpoint endpoint;
  uint32_t reserved_2;
  std::atomic<uint64_t> opened;    ///< ready for use
  std::atomic<uint64_t> closed;    ///< of the opened ones
  std::atomic<uint64_t> failed;    ///< connect() failed, or the peer went away before it was ready
  std::atomic<uint64_t> rejected;  ///< the server said no: authentication, database, limits
  std::atomic<uint64_t> in_use;    ///< have an unanswered request or are within a transaction
  std::atomic<uint64_t> operations;
  std::atomic<uint64_t> errors;
  std::atomic<uint64_t> hits;
  std::atomic<uint64_t> misses;
  std::atomic<uint64_t> create_nanoseconds;  ///< sum over the opened ones
  std::atomic<uint64_t> use_nanoseconds;     ///< sum over the uses that have ended
  std::atomic<uint64_t> create_times[kConnectionTimeBuckets];
  std::atomic<uint64_t> use_times[kConnectionTimeBuckets];
};
static_assert(sizeof(TargetStatistics) == 320);
static_assert(sizeof(TargetStatistics) * kTargetCount <= kTargetsBytes);

/// Raw facts about the process: a list of entries `{u16 kind, u16 length, bytes}`
/// packed without padding, ended by kind 0. Written once, before the magic.
enum class ProcessInfoKind : uint16_t {
  kEnd = 0,
  kExecutablePath = 1,  ///< readlink /proc/self/exe
  kCommandLine = 2,     ///< /proc/self/cmdline: arguments separated by NUL, maybe cut
  kEnvironment = 3,     ///< one `NAME=value` of a variable that concerns telemetry
  kCgroup = 4,          ///< /proc/self/cgroup, for the container id
  kMountInfo = 5,       ///< the lines of /proc/self/mountinfo that name a container id
  kHostName = 6,        ///< gethostname() in the process's own uts namespace
  kRuntime = 7,         ///< reserved for adapters: `name version`
};
struct ProcessInfo {
  uint32_t bytes;  ///< length of the list
  uint32_t reserved;
  uint8_t list[kProcessInfoBytes - 8];
};
static_assert(sizeof(ProcessInfo) == kProcessInfoBytes);

/// Life of a chunk: kFree -> kClaimed (a thread of the agent, by compare-exchange; it resets
/// `committed` and `consumed`, and the collector looks away) -> kOwned -> kFull (its owner)
/// -> kFree (the collector, after it has taken the records).
enum class ChunkState : uint32_t { kFree = 0, kOwned = 1, kFull = 2, kClaimed = 3 };

struct alignas(64) ChunkDescriptor {
  std::atomic<uint32_t> state;      ///< ChunkState
  std::atomic<uint32_t> committed;  ///< bytes of whole records; agent, release store
  std::atomic<uint32_t> owner_tid;  ///< the thread that owns it; agent
  std::atomic<uint32_t>
      consumed;  ///< bytes acknowledged; collector. Reset by the agent on acquire.
};
static_assert(sizeof(ChunkDescriptor) == 64);

/// Life of a slot: kFree -> kBuilding -> kActive -> kFree, all by the agent.
/// A slot found kActive after its producer has died is a request that died with it.
enum class SlotState : uint32_t { kFree = 0, kBuilding = 1, kActive = 2 };

/// The record of a request that is being served or made, under construction.
struct alignas(64) InFlightSlot {
  std::atomic<uint32_t> state;  ///< SlotState
  uint32_t reserved;
  /// An ExchangeRecord and its slices, as it will go into a chunk; `header.size` is
  /// current whenever the state is kActive.
  alignas(8) uint8_t record[kInFlightSlotBytes - 8];
};
static_assert(sizeof(InFlightSlot) == kInFlightSlotBytes);

inline constexpr uint64_t kHeaderOffset = 0;
inline constexpr uint64_t kControlOffset = 4 * 1024;
inline constexpr uint64_t kCountersOffset = 8 * 1024;
inline constexpr uint64_t kProcessInfoOffset = 32 * 1024;
inline constexpr uint64_t kTargetsOffset = 64 * 1024;
inline constexpr uint64_t kDescriptorsOffset = 96 * 1024;
inline constexpr uint64_t kSlotsOffset =
    kDescriptorsOffset + uint64_t{kChunkCount} * sizeof(ChunkDescriptor);
inline constexpr uint64_t kChunksOffset =
    kSlotsOffset + uint64_t{kInFlightSlotCount} * kInFlightSlotBytes;
inline constexpr uint64_t kSegmentBytes = kChunksOffset + uint64_t{kChunkCount} * kChunkBytes;

static_assert(kSlotsOffset == 224 * 1024);
static_assert(kChunksOffset % kChunkBytes == 0);
static_assert(kProcessInfoOffset + kProcessInfoBytes <= kTargetsOffset);
static_assert(kTargetsOffset + kTargetsBytes <= kDescriptorsOffset);

/// Segments live in `<base>/seamtrace-<effective uid>/` (mode 0700, owned by that
/// user) and are named `<pid>-<created_monotonic_ns in hex>.segment` (mode 0600).
/// The base is SEAMTRACE_DIR.
inline constexpr char kDefaultBaseDirectory[] = "/dev/shm";
/// Bytes of a base directory's path, at most; the library takes no longer one.
inline constexpr uint64_t kMostBaseDirectoryBytes = 255;
inline constexpr char kUserDirectoryPrefix[] = "seamtrace-";
inline constexpr char kSegmentSuffix[] = ".segment";

}  // namespace seamtrace::wire
