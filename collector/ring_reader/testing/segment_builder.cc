#include "collector/ring_reader/testing/segment_builder.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "collector/ring_reader/liveness.h"
#include "collector/support/clock.h"
#include "collector/support/directory.h"
#include "gtest/gtest.h"

namespace seamtrace::collector::testing {
namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::perror(what);
  std::abort();
}

void append_info(std::string& list, wire::ProcessInfoKind kind, std::string_view bytes) {
  const auto kind_value = static_cast<uint16_t>(kind);
  const auto length = static_cast<uint16_t>(bytes.size());
  list.append(reinterpret_cast<const char*>(&kind_value), 2);
  list.append(reinterpret_cast<const char*>(&length), 2);
  list.append(bytes);
}

}  // namespace

ChannelDirectory::ChannelDirectory() {
  const bool shared = ::access(wire::kDefaultBaseDirectory, W_OK) == 0;
  std::string pattern = (shared ? wire::kDefaultBaseDirectory : ::testing::TempDir()) +
                        std::string("/seamtest-XXXXXX");
  require(::mkdtemp(pattern.data()) != nullptr, "mkdtemp");
  base_ = pattern;
  require(::mkdir(user().c_str(), 0700) == 0, "mkdir");
}

ChannelDirectory::~ChannelDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(base_, ignored);
}

std::string ChannelDirectory::user() const {
  return base_ + '/' + user_directory_name(::geteuid());
}

size_t ChannelDirectory::segment_count() const {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(user()))
    if (entry.path().string().ends_with(wire::kSegmentSuffix)) ++count;
  return count;
}

SegmentBuilder::SegmentBuilder(const ChannelDirectory& directory, Options options) {
  static int number = 0;
  if (options.name.empty())
    options.name =
        std::to_string(::getpid()) + '-' + std::to_string(++number) + wire::kSegmentSuffix;
  path_ = directory.user() + '/' + options.name;
  const FileDescriptor fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  require(static_cast<bool>(fd), "open segment");
  require(::ftruncate(fd.get(), wire::kSegmentBytes) == 0, "ftruncate");
  void* mapped =
      ::mmap(nullptr, wire::kSegmentBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  require(mapped != MAP_FAILED, "mmap");
  base_ = static_cast<char*>(mapped);
  ::madvise(base_, wire::kSegmentBytes, MADV_DONTFORK);

  wire::SegmentHeader& fields = header();
  fields.version = wire::kSegmentVersion;
  fields.header_bytes = sizeof(wire::SegmentHeader);
  fields.segment_bytes = wire::kSegmentBytes;
  fields.pid = options.pid != 0 ? options.pid : static_cast<uint32_t>(::getpid());
  fields.uid = ::geteuid();
  if (options.pid == 0) {
    fields.pid_namespace = own_pid_namespace();
    fields.process_start_ticks = process_state(fields.pid)->start_ticks;
  }
  fields.created_monotonic_ns = monotonic_ns();
  fields.created_realtime_ns = realtime_ns();
  fields.chunk_count = wire::kChunkCount;
  fields.chunk_bytes = wire::kChunkBytes;
  fields.slot_count = wire::kInFlightSlotCount;
  fields.slot_bytes = wire::kInFlightSlotBytes;
  fields.record_version = wire::kRecordVersion;
  control().tracing = 1;
  control().sampler = static_cast<uint32_t>(wire::Sampler::kParentBasedAlwaysOn);
  write_info(options);
  if (options.publish) fields.magic.store(wire::kSegmentMagic, std::memory_order_release);
}

void SegmentBuilder::write_info(const Options& options) {
  std::string list;
  append_info(list, wire::ProcessInfoKind::kExecutablePath, options.executable);
  append_info(list, wire::ProcessInfoKind::kCommandLine,
              options.executable + std::string("\0--port\08080\0", 13));
  for (const auto& [name, value] : options.environment)
    append_info(list, wire::ProcessInfoKind::kEnvironment, name + '=' + value);
  append_info(list, wire::ProcessInfoKind::kHostName, "box");
  append_info(list, wire::ProcessInfoKind::kEnd, "");
  auto& info = at<wire::ProcessInfo>(wire::kProcessInfoOffset);
  require(list.size() <= sizeof(info.list), "process info");
  std::memcpy(info.list, list.data(), list.size());
  info.bytes = static_cast<uint32_t>(list.size());
}

SegmentBuilder::~SegmentBuilder() { unmap(); }

void SegmentBuilder::unmap() {
  if (base_ != nullptr) ::munmap(base_, wire::kSegmentBytes);
  base_ = nullptr;
}

bool SegmentBuilder::file_exists() const { return ::access(path_.c_str(), F_OK) == 0; }

uint32_t SegmentBuilder::claim() {
  for (uint32_t i = 0; i < wire::kChunkCount; ++i) {
    wire::ChunkDescriptor& taken = descriptor(i);
    auto expected = static_cast<uint32_t>(wire::ChunkState::kFree);
    if (!taken.state.compare_exchange_strong(expected,
                                             static_cast<uint32_t>(wire::ChunkState::kClaimed)))
      continue;
    taken.committed = 0;
    taken.consumed = 0;
    taken.owner_tid = static_cast<uint32_t>(::getpid());
    taken.state = static_cast<uint32_t>(wire::ChunkState::kOwned);
    if (header().chunk_high_water <= i) header().chunk_high_water = i + 1;
    return i;
  }
  return UINT32_MAX;
}

void SegmentBuilder::write(uint32_t index, std::string_view record) {
  wire::ChunkDescriptor& target = descriptor(index);
  const uint32_t used = target.committed;
  require(used + record.size() <= wire::kChunkBytes, "record fits");
  std::memcpy(chunk(index) + used, record.data(), record.size());
  target.committed.store(used + static_cast<uint32_t>(record.size()), std::memory_order_release);
}

void SegmentBuilder::fill(uint32_t index) {
  descriptor(index).state.store(static_cast<uint32_t>(wire::ChunkState::kFull),
                                std::memory_order_release);
}

bool SegmentBuilder::append(std::string_view record) {
  if (current_ == UINT32_MAX ||
      descriptor(current_).committed + record.size() > wire::kChunkBytes) {
    if (current_ != UINT32_MAX) fill(current_);
    current_ = claim();
    if (current_ == UINT32_MAX) return false;
  }
  write(current_, record);
  return true;
}

void SegmentBuilder::activate_slot(uint32_t index, std::string_view record) {
  wire::InFlightSlot& target = slot(index);
  target.state = static_cast<uint32_t>(wire::SlotState::kBuilding);
  std::memcpy(target.record, record.data(), record.size());
  if (header().slot_high_water <= index) header().slot_high_water = index + 1;
  target.state.store(static_cast<uint32_t>(wire::SlotState::kActive), std::memory_order_release);
}

void SegmentBuilder::count(wire::Counter counter, uint64_t amount) {
  at<wire::CounterShard>(wire::kCountersOffset + 3 * sizeof(wire::CounterShard))
      .value[static_cast<uint32_t>(counter)] += amount;
}

}  // namespace seamtrace::collector::testing
