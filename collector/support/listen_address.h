// ListenAddress: `127.0.0.1:4380`, `[::1]:4380` -> an address and a port.
// Path:    configuration, command line -> servers
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collector/support/result.h"

namespace seamtrace::collector {

struct ListenAddress {
  std::string address;  ///< IPv4 or IPv6, without brackets
  uint16_t port = 0;    ///< 0: any that is free

  /// `[::1]:4380`
  std::string text() const;
};

/// `localhost` means 127.0.0.1. The error says what is expected.
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace seamtrace::collector
