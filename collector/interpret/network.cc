#include "collector/interpret/network.h"

#include <arpa/inet.h>

#include <algorithm>

namespace seamtrace::collector {
namespace {

constexpr uint8_t kV4InV6[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

std::string_view v4_text(Arena& arena, const uint8_t* address) {
  char text[16];
  char* at = text;
  for (int i = 0; i < 4; ++i) {
    if (i > 0) *at++ = '.';
    at = std::to_chars(at, text + sizeof(text), address[i]).ptr;
  }
  return copy_text(arena, {text, static_cast<size_t>(at - text)});
}

}  // namespace

std::string_view address_text(Arena& arena, const wire::Endpoint& endpoint) {
  if (endpoint.family == AF_INET) return v4_text(arena, endpoint.address);
  if (endpoint.family != AF_INET6) return {};
  if (std::equal(std::begin(kV4InV6), std::end(kV4InV6), endpoint.address))
    return v4_text(arena, endpoint.address + sizeof(kV4InV6));
  char text[INET6_ADDRSTRLEN];
  return ::inet_ntop(AF_INET6, endpoint.address, text, sizeof(text)) == nullptr
             ? std::string_view{}
             : copy_text(arena, text);
}

uint16_t port_number(const wire::Endpoint& endpoint) {
  return endpoint.family == AF_INET || endpoint.family == AF_INET6 ? endpoint.port : uint16_t{0};
}

bool is_unix(const wire::Endpoint& endpoint) { return endpoint.family == AF_UNIX; }

}  // namespace seamtrace::collector
