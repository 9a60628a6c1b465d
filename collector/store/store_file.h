// StoreFile: the file as the system sees it: folder, rights, one writer, moving it aside.
// Path:    inside the store
// Failure: an Error with a sentence that says what to do.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "collector/support/file_descriptor.h"
#include "collector/support/result.h"

namespace seamtrace::collector::store {

/// Makes the folder (0700) and an empty file (0600) where there is none.
std::optional<Error> make_store_file(const std::string& path);

/// `<path>.lock`, which the one writer of the file holds.
std::string lock_file_of(const std::string& path);

/// Holds `<path>.lock` as long as the descriptor is open: nobody else writes. Error kBusy: somebody
/// does, with his process number.
Result<FileDescriptor> lock_store_file(const std::string& path);

/// True when the file carries the store's mark, readable or not.
bool looks_like_store(const std::string& path);

/// Which file is at the path. None: there is none.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};
std::optional<FileIdentity> identity_of(const std::string& path);

/// Renames the file and what belongs to it to `<path>.damaged-<time>`; the new name.
Result<std::string> move_store_aside(const std::string& path);

}  // namespace seamtrace::collector::store
