// SegmentBuilder: the agent's side of a segment, for tests: maps the file and writes to it as the
// agent would, or as a liar would.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <string_view>

#include "collector/support/file_descriptor.h"
#include "wire/segment.h"

namespace seamtrace::collector::testing {

/// A base directory with the user's own directory in it; removed with all that is in it.
class ChannelDirectory {
 public:
  ChannelDirectory();
  ~ChannelDirectory();

  const std::string& base() const { return base_; }
  std::string user() const;  ///< `<base>/seamtrace-<uid>`
  /// Names of the segment files in the user's directory.
  size_t segment_count() const;

 private:
  std::string base_;
};

class SegmentBuilder {
 public:
  struct Options {
    uint32_t pid = 0;  ///< 0: our own, with our namespace and start time
    std::string executable = "/usr/bin/shop";
    std::map<std::string, std::string> environment;
    bool publish = true;  ///< store the magic
    std::string name;     ///< of the file; made up when empty
  };

  SegmentBuilder(const ChannelDirectory& directory, Options options);
  explicit SegmentBuilder(const ChannelDirectory& directory)
      : SegmentBuilder(directory, Options{}) {}
  ~SegmentBuilder();
  SegmentBuilder(const SegmentBuilder&) = delete;
  SegmentBuilder& operator=(const SegmentBuilder&) = delete;

  /// Takes a free chunk; returns its index.
  uint32_t claim();
  /// Appends a record to a chunk that was claimed. REQUIRES: it fits.
  void write(uint32_t chunk, std::string_view record);
  void fill(uint32_t chunk);  ///< gives it to the collector
  /// Appends to the current chunk, taking another one when it is full. False: no free chunk.
  bool append(std::string_view record);

  void activate_slot(uint32_t index, std::string_view record);
  void count(wire::Counter counter, uint64_t amount);

  wire::SegmentHeader& header() { return at<wire::SegmentHeader>(wire::kHeaderOffset); }
  wire::TargetStatistics& target(uint32_t index) {
    return at<wire::TargetStatistics>(wire::kTargetsOffset +
                                      index * sizeof(wire::TargetStatistics));
  }
  wire::ControlBlock& control() { return at<wire::ControlBlock>(wire::kControlOffset); }
  wire::ChunkDescriptor& descriptor(uint32_t index) {
    return at<wire::ChunkDescriptor>(wire::kDescriptorsOffset +
                                     uint64_t{index} * sizeof(wire::ChunkDescriptor));
  }
  wire::InFlightSlot& slot(uint32_t index) {
    return at<wire::InFlightSlot>(wire::kSlotsOffset + uint64_t{index} * wire::kInFlightSlotBytes);
  }
  char* chunk(uint32_t index) {
    return &at<char>(wire::kChunksOffset + uint64_t{index} * wire::kChunkBytes);
  }

  /// The producer is gone: nobody maps the file any more.
  void unmap();
  const std::string& path() const { return path_; }
  bool file_exists() const;

 private:
  template <typename T>
  T& at(uint64_t offset) {
    return *reinterpret_cast<T*>(base_ + offset);
  }
  void write_info(const Options& options);

  std::string path_;
  char* base_ = nullptr;
  uint32_t current_ = UINT32_MAX;
};

}  // namespace seamtrace::collector::testing
