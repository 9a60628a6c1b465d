#include "collector/web/asset.h"

#include <zlib.h>

#include <array>
#include <string>

namespace seamtrace::collector {

std::string unpacked(const Asset& asset) {
  constexpr int kGzip = 15 + 16;  // the largest window, and a gzip head
  std::string text;
  z_stream stream{};
  if (::inflateInit2(&stream, kGzip) != Z_OK) return text;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(asset.gzip.data()));
  stream.avail_in = static_cast<uInt>(asset.gzip.size());
  std::array<char, 16384> block;
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = block.size();
    result = ::inflate(&stream, Z_NO_FLUSH);
    text.append(block.data(), block.size() - stream.avail_out);
  }
  ::inflateEnd(&stream);
  return text;
}

}  // namespace seamtrace::collector
