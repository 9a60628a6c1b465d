// FileBytes: a file of unknown honesty, read in pieces.
// Path:    a support type of cli/elf_inspection
// Memory:  one piece at a time, at most kLargestPiece.
// Failure: an empty result for anything outside the file; never a signal, as a mapping
//          would give when the file shrinks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seamtrace::cli {

class FileBytes {
 public:
  static constexpr uint64_t kLargestPiece = 64 * 1024 * 1024;

  /// Nothing when it is not a regular file that can be read; errno says why.
  static std::optional<FileBytes> open(const std::string& path);
  ~FileBytes();
  FileBytes(FileBytes&& other) noexcept;
  FileBytes& operator=(FileBytes&&) = delete;
  FileBytes(const FileBytes&) = delete;

  uint64_t size() const { return size_; }

  /// Exactly `count` bytes at `offset`; nothing when they are not all there.
  std::optional<std::vector<uint8_t>> read(uint64_t offset, uint64_t count) const;

  /// Which of `patterns` occur anywhere in the first `limit` bytes.
  /// REQUIRES: no pattern is empty or longer than 256 bytes.
  std::vector<bool> find(std::span<const std::string_view> patterns, uint64_t limit) const;

 private:
  FileBytes(int fd, uint64_t size) : fd_(fd), size_(size) {}

  int fd_;
  uint64_t size_;
};

}  // namespace seamtrace::cli
