#include "collector/receive/grpc/grpc_message.h"

namespace seamtrace::collector {

std::optional<GrpcPrefix> read_grpc_prefix(std::string_view bytes) {
  if (bytes.size() < kGrpcPrefix) return {};
  GrpcPrefix prefix{.compressed = static_cast<uint8_t>(bytes[0]), .size = 0};
  for (size_t i = 1; i < kGrpcPrefix; ++i)
    prefix.size = prefix.size << 8 | static_cast<unsigned char>(bytes[i]);
  return prefix;
}

std::string with_grpc_prefix(std::string_view message) {
  std::string bytes(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>(message.size() >> shift & 0xff);
  bytes += message;
  return bytes;
}

std::string encode_grpc_text(std::string_view message) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte <= 0x7e && c != '%') {
      text += c;
      continue;
    }
    text += '%';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace seamtrace::collector
