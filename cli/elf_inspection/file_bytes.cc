#include "cli/elf_inspection/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace seamtrace::cli {

namespace {

/// As many bytes as there are, up to `count`.
size_t read_fully(int fd, uint8_t* bytes, size_t count, uint64_t offset) {
  size_t done = 0;
  while (done < count) {
    const ssize_t got = ::pread(fd, bytes + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

}  // namespace

std::optional<FileBytes> FileBytes::open(const std::string& path) {
  // O_NONBLOCK: a FIFO named as a program must not hang the inspection.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return {};
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    errno = EACCES;
    return {};
  }
  return FileBytes(fd, static_cast<uint64_t>(status.st_size));
}

FileBytes::~FileBytes() {
  if (fd_ >= 0) ::close(fd_);
}

FileBytes::FileBytes(FileBytes&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}

std::optional<std::vector<uint8_t>> FileBytes::read(uint64_t offset, uint64_t count) const {
  if (count > kLargestPiece || offset > size_ || count > size_ - offset) return {};
  std::vector<uint8_t> bytes(count);
  if (read_fully(fd_, bytes.data(), count, offset) != count) return {};
  return bytes;
}

std::vector<bool> FileBytes::find(std::span<const std::string_view> patterns,
                                  uint64_t limit) const {
  constexpr size_t kPiece = 1024 * 1024;
  constexpr size_t kOverlap = 256;
  std::vector<bool> found(patterns.size());
  std::vector<uint8_t> bytes(kPiece);
  const uint64_t end = std::min(limit, size_);
  for (uint64_t offset = 0; offset < end; offset += kPiece - kOverlap) {
    const size_t wanted = std::min<uint64_t>(kPiece, end - offset);
    const size_t got = read_fully(fd_, bytes.data(), wanted, offset);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), got);
    for (size_t i = 0; i < patterns.size(); ++i)
      if (!found[i]) found[i] = text.find(patterns[i]) != std::string_view::npos;
    if (got < kPiece || std::ranges::all_of(found, [](bool each) { return each; })) break;
  }
  return found;
}

}  // namespace seamtrace::cli
