#include "agent/ring_writer/segment_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "agent/ring_writer/process_info.h"
#include "agent/runtime/platform.h"
#include "agent/runtime/process_state.h"
#include "wire/segment.h"

namespace seamtrace::agent::ring_writer {

namespace {

constexpr int kMadvPopulateWrite = 23;  // Linux 5.14; missing from older headers

/// Appends text to a path under construction; the buffer is known to be large enough.
class PathBuilder {
 public:
  PathBuilder& text(const char* s) {
    while (*s != '\0' && size_ + 1 < sizeof bytes_) bytes_[size_++] = *s++;
    bytes_[size_] = '\0';
    return *this;
  }
  PathBuilder& number(uint64_t value, unsigned radix) {
    char digits[24];
    int count = 0;
    do {
      digits[count++] = "0123456789abcdef"[value % radix];
      value /= radix;
    } while (value != 0);
    while (count > 0 && size_ + 1 < sizeof bytes_) bytes_[size_++] = digits[--count];
    bytes_[size_] = '\0';
    return *this;
  }
  const char* c_str() const { return bytes_; }

 private:
  char bytes_[400] = {};
  size_t size_ = 0;
};

/// The user's directory, opened after it was made sure that it is ours alone. < 0 on failure.
long open_directory(uint32_t uid) {
  PathBuilder path;
  path.text(settings.base_directory).text("/").text(wire::kUserDirectoryPrefix).number(uid, 10);
  optional_syscall(SYS_mkdirat, AT_FDCWD, as_argument(path.c_str()), 0700);
  const long directory = optional_syscall(SYS_openat, AT_FDCWD, as_argument(path.c_str()),
                                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) return directory;
  struct stat status {};
  if (optional_syscall(SYS_fstat, directory, as_argument(&status)) == 0 && status.st_uid == uid &&
      (status.st_mode & 022) == 0)
    return directory;
  optional_syscall(SYS_close, directory);
  return -EPERM;
}

/// The two clocks at one moment. Another thread may run between two readings: the closest of a few
/// pairs is taken, since the times of all processes are compared with each other.
void read_clocks(uint64_t& monotonic, uint64_t& realtime) {
  uint64_t closest = ~uint64_t{0};
  for (int i = 0; i < 5; ++i) {
    const uint64_t before = monotonic_ns();
    const uint64_t now = realtime_ns();
    const uint64_t after = monotonic_ns();
    if (after - before >= closest) continue;
    closest = after - before;
    monotonic = before + closest / 2;
    realtime = now;
  }
}

void fill_header(uint8_t* base, uint32_t uid) {
  auto* header = reinterpret_cast<wire::SegmentHeader*>(base + wire::kHeaderOffset);
  header->version = wire::kSegmentVersion;
  header->header_bytes = sizeof(wire::SegmentHeader);
  header->segment_bytes = wire::kSegmentBytes;
  header->pid = process_state.pid;
  header->uid = uid;
  header->pid_namespace = pid_namespace();
  header->process_start_ticks = process_start_ticks();
  read_clocks(header->created_monotonic_ns, header->created_realtime_ns);
  header->chunk_count = wire::kChunkCount;
  header->chunk_bytes = wire::kChunkBytes;
  header->slot_count = wire::kInFlightSlotCount;
  header->slot_bytes = wire::kInFlightSlotBytes;
  header->record_version = wire::kRecordVersion;
  auto* control = reinterpret_cast<wire::ControlBlock*>(base + wire::kControlOffset);
  control->tracing.store(1, std::memory_order_relaxed);
  control->sampler.store(static_cast<uint32_t>(settings.sampler), std::memory_order_relaxed);
  control->rejection_threshold.store(settings.rejection_threshold, std::memory_order_relaxed);
  auto* info = reinterpret_cast<wire::ProcessInfo*>(base + wire::kProcessInfoOffset);
  info->bytes = fill_process_info(info->list, sizeof info->list);
  header->magic.store(wire::kSegmentMagic, std::memory_order_release);
}

/// Beyond RLIMIT_FSIZE a growing file gets its process a SIGXFSZ.
bool file_may_be_that_large() {
  rlimit limit{};
  const long result = optional_syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, as_argument(&limit));
  return result == 0 && limit.rlim_cur >= wire::kSegmentBytes;
}

/// Maps the open file and reserves its first part. Null on failure.
uint8_t* map_segment(long file) {
  if (optional_syscall(SYS_ftruncate, file, wire::kSegmentBytes) != 0) return nullptr;
  const long mapped =
      optional_syscall(SYS_mmap, 0, wire::kSegmentBytes, PROT_NONE, MAP_SHARED, file, 0);
  if (mapped < 0 && mapped > -4096) return nullptr;
  auto* base = reinterpret_cast<uint8_t*>(mapped);
  bool reserved = populate(base, wire::kSlotsOffset);
  if (!reserved &&
      optional_syscall(SYS_madvise, as_argument(base), 4096, kMadvPopulateWrite) == -EINVAL)
    // A kernel before 5.14: reserve everything now, by the file.
    reserved = make_usable(base, wire::kSegmentBytes) &&
               optional_syscall(SYS_fallocate, file, 0, 0, wire::kSegmentBytes) == 0;
  if (reserved && optional_syscall(SYS_madvise, mapped, wire::kSegmentBytes, MADV_DONTFORK) == 0)
    return base;
  unmap(base, wire::kSegmentBytes);
  return nullptr;
}

}  // namespace

bool populate(uint8_t* address, uint64_t bytes) {
  static std::atomic<bool> kernel_lacks_populate{false};
  // Without the advice the whole file was reserved, and made usable, at once.
  if (kernel_lacks_populate.load(std::memory_order_relaxed)) return true;
  if (!make_usable(address, bytes)) return false;
  const long result = optional_syscall(SYS_madvise, as_argument(address), static_cast<long>(bytes),
                                       kMadvPopulateWrite);
  if (result == -EINVAL) kernel_lacks_populate.store(true, std::memory_order_relaxed);
  return result == 0;
}

uint8_t* create_segment() {
  if (!file_may_be_that_large()) return nullptr;
  const auto uid = static_cast<uint32_t>(optional_syscall(SYS_geteuid));
  const long directory = open_directory(uid);
  if (directory < 0) return nullptr;
  PathBuilder name;
  name.number(process_state.pid, 10)
      .text("-")
      .number(monotonic_ns(), 16)
      .text(wire::kSegmentSuffix);
  uint8_t* base = nullptr;
  const long file = optional_syscall(SYS_openat, directory, as_argument(name.c_str()),
                                     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file >= 0) {
    base = map_segment(file);
    optional_syscall(SYS_close, file);
    if (base == nullptr)
      optional_syscall(SYS_unlinkat, directory, as_argument(name.c_str()), 0);
    else
      fill_header(base, uid);
  }
  optional_syscall(SYS_close, directory);
  return base;
}

}  // namespace seamtrace::agent::ring_writer
