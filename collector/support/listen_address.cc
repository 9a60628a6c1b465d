#include "collector/support/listen_address.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>

namespace seamtrace::collector {
namespace {

bool is_ip_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

}  // namespace

std::string ListenAddress::text() const {
  const bool has_colons = address.find(':') != std::string::npos;
  return (has_colons ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const Error malformed{"'" + std::string(text) +
                        "' is not ADDRESS:PORT with an IP address of this machine, for example "
                        "127.0.0.1:4380 or [::1]:4380"};
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return malformed;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (bracketed != (host.find(':') != std::string_view::npos)) return malformed;
  ListenAddress result;
  result.address = host == "localhost" ? "127.0.0.1" : std::string(host);
  const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (failure != std::errc() || end != port.data() + port.size() || port.empty() ||
      !is_ip_address(result.address))
    return malformed;
  return result;
}

}  // namespace seamtrace::collector
