// SegmentFile: the file behind one segment, read and written with bounds, never mapped.
// Path:    shared memory -> [SegmentFile] -> Segment
// Owner:   one per attached segment; owns the fd and, once taken, the lock.
// Failure: a short read or write is an answer like any other: the producer may have cut the
//          file, and a mapping would then be SIGBUS. That is why there is none.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "collector/support/file_descriptor.h"
#include "collector/support/result.h"

namespace seamtrace::collector {

class SegmentFile {
 public:
  /// Opens `name` within `directory`. An Error unless it is a regular file of `owner` that has
  /// one name and that nobody else may write.
  static Result<SegmentFile> open(int directory, const std::string& name, uid_t owner);

  /// True when no other collector reads this segment. Held until the file is closed.
  bool lock();

  /// True when all of [offset, offset + size) was copied.
  bool read(uint64_t offset, void* to, size_t size) const;
  bool write(uint64_t offset, const void* from, size_t size) const;
  template <typename T>
  bool write_value(uint64_t offset, T value) const {
    return write(offset, &value, sizeof(value));
  }

  enum class Writer { kPresent, kAbsent, kUnknown };
  /// Whether any process still maps the file or has it open for writing, ourselves excepted.
  /// kUnknown: the file system cannot tell.
  Writer other_writer() const;

  /// Removes the name, if it still names this file.
  void unlink(int directory) const;

  int fd() const { return fd_.get(); }
  const std::string& name() const { return name_; }
  uint64_t inode() const { return inode_; }
  uint64_t device() const { return device_; }
  /// The present size; 0 when it cannot be told.
  uint64_t size() const;

 private:
  SegmentFile(FileDescriptor fd, std::string name, uint64_t device, uint64_t inode)
      : fd_(std::move(fd)), name_(std::move(name)), device_(device), inode_(inode) {}

  FileDescriptor fd_;
  std::string name_;
  uint64_t device_ = 0;
  uint64_t inode_ = 0;
};

}  // namespace seamtrace::collector
