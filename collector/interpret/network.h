// Network: socket addresses as text.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/support/arena.h"
#include "wire/records.h"

namespace seamtrace::collector {

/// `192.0.2.1` or `2001:db8::1`; an IPv4 address within IPv6 is shown as IPv4. Empty for other
/// families.
std::string_view address_text(Arena& arena, const wire::Endpoint& endpoint);

/// 0 for families without ports.
uint16_t port_number(const wire::Endpoint& endpoint);

bool is_unix(const wire::Endpoint& endpoint);

}  // namespace seamtrace::collector
