// ListeningSocket: a TCP socket that waits for clients.
// Path:    a part of GrpcServer
#pragma once

#include "collector/support/file_descriptor.h"
#include "collector/support/listen_address.h"
#include "collector/support/result.h"

namespace seamtrace::collector {

struct ListeningSocket {
  FileDescriptor fd;      ///< non-blocking
  ListenAddress address;  ///< with the port that it got

  /// ErrorCode::kBusy: the port is taken.
  static Result<ListeningSocket> open(const ListenAddress& address);
};

}  // namespace seamtrace::collector
