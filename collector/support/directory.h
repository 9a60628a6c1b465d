// Directories of the channel: `<base>/seamtrace-<uid>`, one per user, trusted only if it is that
// user's alone.
// Source:  wire/segment.h, last paragraph.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "collector/support/file_descriptor.h"
#include "collector/support/result.h"

namespace seamtrace::collector {

/// Opens `seamtrace-<uid>` within the open directory `base`. An Error unless it is a directory
/// (not a link) of `uid` that nobody else may write to.
Result<FileDescriptor> open_user_directory(int base, uid_t uid);

/// The same by path; `create` makes it (0700) when it is missing.
Result<FileDescriptor> open_user_directory(const std::string& base, uid_t uid, bool create);

/// What keeps the library of a traced program from making its segment below `base`: a path that is
/// too long, no room. A sentence that says what to do; empty: nothing does.
std::string segment_obstacle(const std::string& base);

std::string user_directory_name(uid_t uid);
/// The inverse; none for any other name.
std::optional<uid_t> user_of_directory_name(const std::string& name);

}  // namespace seamtrace::collector
