#include "collector/store/chunk.h"

#include <zstd.h>

#include "collector/store/bytes.h"

namespace seamtrace::collector::store {
namespace {

constexpr int kLevel = 1;
/// Short records do not get shorter.
constexpr size_t kShortest = 256;
enum Packing : uint8_t { kPlain = 0, kZstd = 1 };

}  // namespace

struct ChunkPacker::Impl {
  ZSTD_CCtx* compressor = ZSTD_createCCtx();
  ZSTD_DCtx* decompressor = ZSTD_createDCtx();
  std::string packed, unpacked, compressed;

  Impl() = default;
  Impl(const Impl&) = delete;
  ~Impl() {
    ZSTD_freeCCtx(compressor);
    ZSTD_freeDCtx(decompressor);
  }
};

ChunkPacker::ChunkPacker() : impl_(std::make_unique<Impl>()) {}
ChunkPacker::~ChunkPacker() = default;

std::string_view ChunkPacker::pack(std::string_view records) {
  Packing packing = kPlain;
  std::string_view body = records;
  if (records.size() >= kShortest) {
    impl_->compressed.resize(ZSTD_compressBound(records.size()));
    const size_t size =
        ZSTD_compressCCtx(impl_->compressor, impl_->compressed.data(), impl_->compressed.size(),
                          records.data(), records.size(), kLevel);
    if (ZSTD_isError(size) == 0 && size + size / 16 < records.size()) {
      packing = kZstd;
      body = std::string_view(impl_->compressed).substr(0, size);
    }
  }
  impl_->packed.clear();
  ByteWriter writer(impl_->packed);
  writer.byte(packing);
  const auto checksum = static_cast<uint32_t>(hash_bytes(body));
  for (unsigned shift = 0; shift < 32; shift += 8)
    writer.byte(static_cast<uint8_t>(checksum >> shift));
  if (packing == kZstd) writer.number(records.size());
  writer.raw(body);
  return impl_->packed;
}

std::optional<std::string_view> ChunkPacker::unpack(std::string_view chunk) {
  ByteReader reader(chunk);
  const uint8_t packing = reader.byte();
  uint32_t checksum = 0;
  for (unsigned shift = 0; shift < 32; shift += 8) checksum |= uint32_t{reader.byte()} << shift;
  const uint64_t size = packing == kZstd ? reader.number() : 0;
  const std::string_view body = reader.raw(reader.left());
  if (reader.failed() || packing > kZstd || static_cast<uint32_t>(hash_bytes(body)) != checksum) {
    return std::nullopt;
  }
  if (packing == kPlain) return body;
  if (size > kMostChunkBytes || ZSTD_getFrameContentSize(body.data(), body.size()) != size) {
    return std::nullopt;
  }
  impl_->unpacked.resize(size);
  const size_t got = ZSTD_decompressDCtx(impl_->decompressor, impl_->unpacked.data(), size,
                                         body.data(), body.size());
  if (got != size) return std::nullopt;
  return impl_->unpacked;
}

}  // namespace seamtrace::collector::store
