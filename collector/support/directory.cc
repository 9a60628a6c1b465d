#include "collector/support/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>

#include "wire/configuration.h"
#include "wire/segment.h"

namespace seamtrace::collector {

std::string user_directory_name(uid_t uid) {
  return wire::kUserDirectoryPrefix + std::to_string(uid);
}

std::optional<uid_t> user_of_directory_name(const std::string& name) {
  const std::string_view prefix = wire::kUserDirectoryPrefix;
  if (!std::string_view(name).starts_with(prefix)) return std::nullopt;
  const auto number = wire::parse_integer(std::string_view(name).substr(prefix.size()), 0,
                                          static_cast<uid_t>(-1) - 1);
  if (!number.valid) return std::nullopt;
  const auto uid = static_cast<uid_t>(number.value);
  return user_directory_name(uid) == name ? std::optional(uid) : std::nullopt;
}

Result<FileDescriptor> open_user_directory(int base, uid_t uid) {
  const std::string name = user_directory_name(uid);
  FileDescriptor directory(
      ::openat(base, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return Error{name + ": " + std::strerror(errno)};
  struct stat status {};
  if (::fstat(directory.get(), &status) != 0) return Error{name + ": " + std::strerror(errno)};
  if (status.st_uid != uid) return Error{name + ": belongs to another user"};
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return Error{name + ": others may write to it"};
  return directory;
}

Result<FileDescriptor> open_user_directory(const std::string& base, uid_t uid, bool create) {
  const FileDescriptor directory(::open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory)
    return Error{"SEAMTRACE_DIR " + base + ": " + std::strerror(errno) +
                 "; name a directory that is there, such as /dev/shm"};
  if (create && ::mkdirat(directory.get(), user_directory_name(uid).c_str(), S_IRWXU) != 0 &&
      errno != EEXIST)
    return Error{base + "/" + user_directory_name(uid) + ": " + std::strerror(errno)};
  auto opened = open_user_directory(directory.get(), uid);
  if (!opened) return Error{base + "/" + opened.error().message};
  return opened;
}

std::string segment_obstacle(const std::string& base) {
  if (base.size() > wire::kMostBaseDirectoryBytes)
    return "SEAMTRACE_DIR has " + std::to_string(base.size()) + " bytes; name a directory of " +
           std::to_string(wire::kMostBaseDirectoryBytes) + " at most";
  // The fixed part of a segment, and one chunk for records.
  constexpr uint64_t kLeast = wire::kSlotsOffset + wire::kChunkBytes;
  struct statvfs system {};
  if (::statvfs(base.c_str(), &system) != 0) return "";
  const uint64_t free = uint64_t{system.f_bavail} * system.f_frsize;
  if (free >= kLeast) return "";
  return "SEAMTRACE_DIR " + base + " has " + std::to_string(free / 1024) +
         " KiB of room left, and " + std::to_string(kLeast / 1024) +
         " KiB a process are needed; make room, or name another " + "directory";
}

}  // namespace seamtrace::collector
