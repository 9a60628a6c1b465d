#include "agent/ring_writer/process_info.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "agent/runtime/platform.h"
#include "agent/runtime/process_state.h"
#include "wire/segment.h"

namespace seamtrace::agent::ring_writer {

namespace {

using wire::ProcessInfoKind;

class ListWriter {
 public:
  ListWriter(uint8_t* list, uint32_t capacity) : list_(list), capacity_(capacity) {}

  /// Room for the next entry's bytes, at most `wanted`.
  uint32_t room(uint32_t wanted) const {
    const uint32_t left = capacity_ - size_;
    if (left <= 2 * kHead) return 0;
    return wanted < left - 2 * kHead ? wanted : left - 2 * kHead;
  }
  char* next() { return reinterpret_cast<char*>(list_ + size_ + kHead); }
  void commit(ProcessInfoKind kind, long bytes) {
    if (bytes <= 0) return;
    const auto kind_value = static_cast<uint16_t>(kind);
    const auto length = static_cast<uint16_t>(bytes);
    memcpy(list_ + size_, &kind_value, sizeof kind_value);
    memcpy(list_ + size_ + 2, &length, sizeof length);
    size_ += kHead + length;
  }
  void add(ProcessInfoKind kind, std::string_view text) {
    const uint32_t size = room(static_cast<uint32_t>(text.size()));
    if (size < text.size()) return;
    memcpy(next(), text.data(), size);
    commit(kind, size);
  }
  uint32_t finish() {
    memset(list_ + size_, 0, kHead);
    return size_ + kHead;
  }

 private:
  static constexpr uint32_t kHead = 4;
  uint8_t* list_;
  uint32_t capacity_;
  uint32_t size_ = 0;
};

/// Reads the beginning of a file. Returns the bytes read, or < 0.
long read_file(const char* path, char* out, uint32_t capacity) {
  const long file =
      optional_syscall(SYS_openat, AT_FDCWD, as_argument(path), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) return file;
  long size = 0;
  while (size < capacity) {
    const long result = optional_syscall(SYS_read, file, as_argument(out + size), capacity - size);
    if (result <= 0) break;
    size += result;
  }
  optional_syscall(SYS_close, file);
  return size;
}

/// Keeps of a mountinfo only the lines that can name a container. Works in place.
long keep_container_mounts(char* text, long size) {
  long kept = 0;
  const char* end = text + size;
  for (const char* line = text; line < end;) {
    const auto* newline =
        static_cast<const char*>(memchr(line, '\n', static_cast<size_t>(end - line)));
    const char* next = newline == nullptr ? end : newline + 1;
    const std::string_view content(line, static_cast<size_t>(next - line));
    if (content.find("/containers/") != std::string_view::npos ||
        content.find("/pods/") != std::string_view::npos) {
      memmove(text + kept, line, content.size());
      kept += static_cast<long>(content.size());
    }
    line = next;
  }
  return kept;
}

}  // namespace

uint32_t fill_process_info(uint8_t* list, uint32_t capacity) {
  ListWriter writer(list, capacity);
  writer.commit(ProcessInfoKind::kExecutablePath,
                optional_syscall(SYS_readlinkat, AT_FDCWD, as_argument("/proc/self/exe"),
                                 as_argument(writer.next()), writer.room(4096)));
  writer.commit(ProcessInfoKind::kCommandLine,
                read_file("/proc/self/cmdline", writer.next(), writer.room(4096)));
  for (const char* entry = settings.telemetry_environment; *entry != '\0';) {
    const std::string_view text(entry);
    writer.add(ProcessInfoKind::kEnvironment, text);
    entry += text.size() + 1;
  }
  writer.commit(ProcessInfoKind::kHostName, gethostname(writer.next(), writer.room(256)) == 0
                                                ? static_cast<long>(strnlen(writer.next(), 255))
                                                : 0);
  writer.commit(ProcessInfoKind::kCgroup,
                read_file("/proc/self/cgroup", writer.next(), writer.room(4096)));
  char* mounts = writer.next();
  writer.commit(ProcessInfoKind::kMountInfo,
                keep_container_mounts(
                    mounts, read_file("/proc/self/mountinfo", mounts, writer.room(12 * 1024))));
  return writer.finish();
}

uint64_t pid_namespace() {
  struct stat status {};
  return optional_syscall(SYS_newfstatat, AT_FDCWD, as_argument("/proc/self/ns/pid"),
                          as_argument(&status), 0) == 0
             ? status.st_ino
             : 0;
}

uint64_t process_start_ticks() {
  char text[256];  // fields 1..22 are numbers but for the command, which has at most 16 characters
  const long size = read_file("/proc/self/stat", text, sizeof text);
  const char* field = nullptr;
  for (long i = 0; i < size; ++i)
    if (text[i] == ')') field = text + i + 1;
  if (field == nullptr) return 0;
  constexpr int kSpacesBeforeField22 = 20;
  int spaces = 0;
  uint64_t value = 0;
  for (const char* c = field; c < text + size; ++c) {
    if (*c == ' ') {
      if (++spaces > kSpacesBeforeField22) return value;
    } else if (spaces == kSpacesBeforeField22) {
      value = value * 10 + static_cast<uint64_t>(*c - '0');
    }
  }
  return 0;
}

}  // namespace seamtrace::agent::ring_writer
