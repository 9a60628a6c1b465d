#include "collector/ring_reader/segment_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace seamtrace::collector {

Result<SegmentFile> SegmentFile::open(int directory, const std::string& name, uid_t owner) {
  // O_NONBLOCK: a FIFO or device of that name must not hold us up.
  FileDescriptor fd(
      ::openat(directory, name.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return Error{name + ": " + std::strerror(errno)};
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return Error{name + ": " + std::strerror(errno)};
  if (!S_ISREG(status.st_mode)) return Error{name + ": not a regular file"};
  if (status.st_uid != owner) return Error{name + ": belongs to another user"};
  if (status.st_nlink != 1) return Error{name + ": has more than one name"};
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return Error{name + ": others may write it"};
  return SegmentFile(std::move(fd), name, status.st_dev, status.st_ino);
}

bool SegmentFile::lock() { return ::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0; }

bool SegmentFile::read(uint64_t offset, void* to, size_t size) const {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd_.get(), static_cast<char*>(to) + done, size - done,
                                static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<size_t>(got);
  }
  return true;
}

bool SegmentFile::write(uint64_t offset, const void* from, size_t size) const {
  return ::pwrite(fd_.get(), from, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

SegmentFile::Writer SegmentFile::other_writer() const {
  // A write lease is granted only when nobody else has the file open; the kernel counts a shared
  // writable mapping as such, also across pid namespaces.
  if (::fcntl(fd_.get(), F_SETLEASE, F_WRLCK) == 0) {
    ::fcntl(fd_.get(), F_SETLEASE, F_UNLCK);
    return Writer::kAbsent;
  }
  return errno == EAGAIN || errno == EBUSY ? Writer::kPresent : Writer::kUnknown;
}

void SegmentFile::unlink(int directory) const {
  struct stat status {};
  if (::fstatat(directory, name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      status.st_ino == inode_ && status.st_dev == device_)
    ::unlinkat(directory, name_.c_str(), 0);
}

uint64_t SegmentFile::size() const {
  struct stat status {};
  return ::fstat(fd_.get(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

}  // namespace seamtrace::collector
