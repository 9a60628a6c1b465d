#include "collector/receive/gunzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "collector/receive/refusal.h"

namespace seamtrace::collector {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr size_t kStep = 64 * 1024;

class Inflater {
 public:
  explicit Inflater(std::string_view bytes) {
    // zlib does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK)
      throw RequestFault{Refusal::kBusy, "there is no memory to decompress the body"};
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Appends the next bytes; false at the end.
  bool next(std::string& out) {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
    stream_.avail_out = static_cast<uInt>(buffer_.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    const size_t made = buffer_.size() - stream_.avail_out;
    out.append(buffer_.data(), made);
    if (result == Z_STREAM_END) {
      if (stream_.avail_in == 0) return false;
      if (inflateReset(&stream_) == Z_OK) return true;
    }
    // Z_BUF_ERROR: the input ended in the middle.
    if (result != Z_OK)
      throw RequestFault{Refusal::kMalformed, "the body is not, or not completely, gzip"};
    return true;
  }

 private:
  z_stream stream_{};
  std::array<char, kStep> buffer_;
};

}  // namespace

std::string gunzip(std::string_view bytes, size_t most) {
  std::string out;
  Inflater inflater(bytes);
  for (bool more = true; more;) {
    more = inflater.next(out);
    if (out.size() > most)
      throw RequestFault{Refusal::kTooLarge, "the body has more than " + std::to_string(most) +
                                                 " bytes when it is decompressed; send smaller "
                                                 "batches"};
  }
  return out;
}

}  // namespace seamtrace::collector
