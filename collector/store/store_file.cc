#include "collector/store/store_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <system_error>

#include "collector/store/database.h"
#include "collector/store/schema.h"

namespace seamtrace::collector::store {
namespace {

constexpr size_t kApplicationIdOffset = 68;  // of SQLite's file format, section 1.3

Error file_error(const std::string& path, int error) {
  const std::string because = std::strerror(error);
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    return fault_error(Fault::kFull, path, because);
  }
  if (error == EACCES || error == EPERM || error == EROFS) {
    return fault_error(Fault::kReadOnly, path, because);
  }
  return fault_error(Fault::kOther, path, because);
}

std::string time_text() {
  const time_t now = time(nullptr);
  tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return text.data();
}

}  // namespace

std::optional<Error> make_store_file(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code problem;
  if (!folder.empty() && !std::filesystem::exists(folder, problem)) {
    const std::filesystem::path above = folder.parent_path();
    if (!above.empty()) std::filesystem::create_directories(above, problem);
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return file_error(path, errno);
  }
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return fault_error(Fault::kNoStore, path, "it is no ordinary file");
  }
  const FileDescriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return file_error(path, errno);
  return std::nullopt;
}

std::string lock_file_of(const std::string& path) { return path + ".lock"; }

Result<FileDescriptor> lock_store_file(const std::string& path) {
  const std::string lock_path = lock_file_of(path);
  FileDescriptor file(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return file_error(path, errno);
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return file_error(path, errno);
    std::array<char, 24> holder{};
    const ssize_t size = pread(file.get(), holder.data(), holder.size() - 1, 0);
    return fault_error(
        Fault::kBusy, path,
        size > 0 ? "process " + std::string(holder.data(), strcspn(holder.data(), "\n")) : "");
  }
  const std::string self = std::to_string(getpid()) + "\n";
  // For people only; a full disk is no reason not to hold the lock.
  if (ftruncate(file.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t written = pwrite(file.get(), self.data(), self.size(), 0);
  }
  return file;
}

bool looks_like_store(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<uint8_t, 4> mark{};
  if (!file || pread(file.get(), mark.data(), mark.size(), kApplicationIdOffset) !=
                   static_cast<ssize_t>(mark.size())) {
    return false;
  }
  uint32_t number = 0;
  for (const uint8_t byte : mark) number = number << 8 | byte;
  return number == kApplicationId;
}

std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

Result<std::string> move_store_aside(const std::string& path) {
  std::string target = path + ".damaged-" + time_text();
  for (int i = 2; access(target.c_str(), F_OK) == 0; ++i) {
    target = path + ".damaged-" + time_text() + "-" + std::to_string(i);
  }
  if (rename(path.c_str(), target.c_str()) != 0) return file_error(path, errno);
  for (const char* suffix : {"-wal", "-shm"}) {
    if (rename((path + suffix).c_str(), (target + suffix).c_str()) != 0 && errno != ENOENT) {
      return file_error(path, errno);
    }
  }
  return target;
}

}  // namespace seamtrace::collector::store
