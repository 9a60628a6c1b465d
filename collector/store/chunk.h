// Chunk: records of one trace, packed and guarded by a checksum.
// Path:    inside the store
// Owner:   pure, but for the compressor's memory, which one thread uses.
// Failure: unpack() answers none for bytes that pack() did not make.
// Source:  collector/store/FORMAT.md, "Chunks".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace seamtrace::collector::store {

/// Records of one chunk before packing; a longer trace has several.
constexpr size_t kChunkBytes = 32 * 1024;
/// No chunk is longer, however long its last span is.
constexpr size_t kMostChunkBytes = 256 << 20;

/// A trace's chunks have the ids from first_chunk(row) on.
constexpr int64_t kChunksPerTrace = 4096;
constexpr int64_t first_chunk(int64_t row) { return row * kChunksPerTrace; }
constexpr int64_t last_chunk(int64_t row) { return first_chunk(row) + kChunksPerTrace - 1; }

/// A trace takes no more spans than this, and no more bytes of records: whoever opens it reads all
/// of it at once, and so does a writer that adds to it later.
constexpr size_t kMostTraceSpans = 100'000;
constexpr size_t kMostTraceBytes = size_t{64} << 20;
static_assert(kMostTraceBytes <= kMostChunkBytes);
// Every chunk but the last is full: there are always enough of them.
static_assert(kMostTraceBytes <= kChunksPerTrace * kChunkBytes);

class ChunkPacker {
 public:
  ChunkPacker();
  ~ChunkPacker();

  /// Valid until the next call.
  std::string_view pack(std::string_view records);
  /// Valid until the next call.
  std::optional<std::string_view> unpack(std::string_view chunk);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace seamtrace::collector::store
