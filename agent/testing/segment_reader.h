// SegmentReader: what a collector would find in a segment's file. It reads with pread, as that
// does.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <string.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "wire/segment.h"

namespace seamtrace::agent::testing {

struct Slice {
  wire::SliceKind kind;
  bool truncated;
  std::string text;
};

struct Record {
  wire::ExchangeRecord fixed;
  std::vector<uint8_t> rest;
  std::vector<Slice> slices;

  /// The text of the first slice of a kind that begins with `prefix`; "(none)" without one.
  std::string slice(wire::SliceKind kind, const std::string& prefix = "") const {
    for (const Slice& slice : slices)
      if (slice.kind == kind && slice.text.compare(0, prefix.size(), prefix) == 0)
        return slice.text;
    return "(none)";
  }
  wire::Outcome outcome() const { return static_cast<wire::Outcome>(fixed.outcome); }
  wire::Association association() const {
    return static_cast<wire::Association>(fixed.association);
  }
};

struct ChunkView {
  wire::ChunkState state;
  uint32_t committed;
  uint32_t owner_tid;
  uint32_t consumed;
};

struct SlotView {
  wire::SlotState state;
  Record record;
};

class SegmentReader {
 public:
  /// Paths of all segments below a base directory.
  static std::vector<std::string> find(const std::string& base) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(base))
      if (entry.path().extension() == wire::kSegmentSuffix) found.push_back(entry.path());
    return found;
  }

  explicit SegmentReader(const std::string& base) {
    const std::vector<std::string> found = find(base);
    EXPECT_EQ(found.size(), 1u) << "segments below " << base;
    if (!found.empty()) file_ = open(found[0].c_str(), O_RDWR | O_CLOEXEC);
    EXPECT_GE(file_, 0);
  }
  ~SegmentReader() {
    if (file_ >= 0) close(file_);
  }
  SegmentReader(const SegmentReader&) = delete;
  SegmentReader& operator=(const SegmentReader&) = delete;

  template <typename T>
  T read_at(uint64_t offset) const {
    T value{};
    EXPECT_EQ(pread(file_, &value, sizeof value, static_cast<off_t>(offset)),
              static_cast<ssize_t>(sizeof value));
    return value;
  }
  template <typename T>
  void write_at(uint64_t offset, T value) {
    EXPECT_EQ(pwrite(file_, &value, sizeof value, static_cast<off_t>(offset)),
              static_cast<ssize_t>(sizeof value));
  }

  uint32_t chunk_high_water() const {
    return read_at<uint32_t>(offsetof(wire::SegmentHeader, chunk_high_water));
  }
  uint32_t slot_high_water() const {
    return read_at<uint32_t>(offsetof(wire::SegmentHeader, slot_high_water));
  }

  ChunkView chunk(uint32_t index) const { return read_at<ChunkView>(descriptor_offset(index)); }
  wire::ChunkState chunk_state(uint32_t index) const {
    return read_at<wire::ChunkState>(descriptor_offset(index));
  }
  /// What the collector does once all records of a full chunk are safe.
  void free_chunk(uint32_t index) {
    write_at(descriptor_offset(index), static_cast<uint32_t>(wire::ChunkState::kFree));
  }

  /// The records in a chunk's bytes [from, to); anything malformed is a failure of the test.
  std::vector<Record> records_in(uint32_t index, uint32_t from, uint32_t to) const {
    EXPECT_LE(to, wire::kChunkBytes);
    std::vector<uint8_t> bytes(to - from);
    const uint64_t offset = wire::kChunksOffset + uint64_t{index} * wire::kChunkBytes + from;
    EXPECT_EQ(pread(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset)),
              static_cast<ssize_t>(bytes.size()));
    std::vector<Record> records;
    size_t at = 0;
    while (at < bytes.size()) {
      records.push_back(parse(bytes.data() + at, bytes.size() - at));
      const uint32_t size = records.back().fixed.header.size;
      if (size == 0) break;  // has failed already
      at += size;
    }
    return records;
  }
  /// All records of all chunks, chunk by chunk.
  std::vector<Record> records() const {
    std::vector<Record> all;
    for (uint32_t i = 0; i < chunk_high_water(); ++i)
      for (Record& record : records_in(i, 0, chunk(i).committed)) all.push_back(std::move(record));
    return all;
  }

  /// Every slot that is not free.
  std::vector<SlotView> slots_in_use() const {
    std::vector<SlotView> used;
    for (uint32_t i = 0; i < slot_high_water(); ++i) {
      const uint64_t offset = wire::kSlotsOffset + uint64_t{i} * wire::kInFlightSlotBytes;
      const auto state = read_at<wire::SlotState>(offset);
      if (state == wire::SlotState::kFree) continue;
      uint8_t bytes[wire::kMaxRecordBytes];
      EXPECT_EQ(pread(file_, bytes, sizeof bytes, static_cast<off_t>(offset + 8)),
                static_cast<ssize_t>(sizeof bytes));
      used.push_back({state, parse(bytes, sizeof bytes)});
    }
    return used;
  }

  /// Entries of the process info: kind and text.
  std::vector<std::pair<wire::ProcessInfoKind, std::string>> process_info() const {
    std::vector<std::pair<wire::ProcessInfoKind, std::string>> entries;
    const uint64_t list = wire::kProcessInfoOffset + offsetof(wire::ProcessInfo, list);
    const auto bytes = read_at<uint32_t>(wire::kProcessInfoOffset);
    EXPECT_LE(bytes, sizeof(wire::ProcessInfo::list));
    uint32_t at = 0;
    while (at + 4 <= bytes) {
      const auto kind = read_at<wire::ProcessInfoKind>(list + at);
      const auto length = read_at<uint16_t>(list + at + 2);
      at += 4;
      if (kind == wire::ProcessInfoKind::kEnd) break;
      std::string text(length, '\0');
      EXPECT_EQ(pread(file_, text.data(), length, static_cast<off_t>(list + at)), length);
      entries.emplace_back(kind, text);
      at += length;
    }
    EXPECT_EQ(at, bytes) << "the end mark is the last entry";
    return entries;
  }

 private:
  static uint64_t descriptor_offset(uint32_t index) {
    return wire::kDescriptorsOffset + uint64_t{index} * sizeof(wire::ChunkDescriptor);
  }

  static Record parse(const uint8_t* bytes, size_t room) {
    Record record{};
    if (room < sizeof record.fixed) {
      ADD_FAILURE() << "a record is cut";
      return record;
    }
    memcpy(&record.fixed, bytes, sizeof record.fixed);
    const uint32_t size = record.fixed.header.size;
    if (size < sizeof record.fixed || size > wire::kMaxRecordBytes || size % 8 != 0 ||
        size > room || sizeof record.fixed + record.fixed.slice_bytes > size) {
      ADD_FAILURE() << "a record of " << size << " bytes where " << room << " are left";
      record.fixed.header.size = 0;
      return record;
    }
    record.rest.assign(bytes + sizeof record.fixed, bytes + size);
    size_t at = 0;
    for (int i = 0; i < record.fixed.slice_count; ++i) {
      wire::SliceHeader head;
      if (at + sizeof head > record.fixed.slice_bytes) break;
      memcpy(&head, record.rest.data() + at, sizeof head);
      at += sizeof head;
      if (at + head.length > record.fixed.slice_bytes) break;
      record.slices.push_back(
          {static_cast<wire::SliceKind>(head.kind), head.truncated != 0,
           std::string(reinterpret_cast<const char*>(record.rest.data()) + at, head.length)});
      at += head.length;
    }
    EXPECT_EQ(at, record.fixed.slice_bytes) << "slices fill slice_bytes exactly";
    EXPECT_EQ(record.slices.size(), record.fixed.slice_count);
    return record;
  }

  int file_ = -1;
};
static_assert(offsetof(wire::ChunkDescriptor, committed) == offsetof(ChunkView, committed));
static_assert(offsetof(wire::ChunkDescriptor, owner_tid) == offsetof(ChunkView, owner_tid));
static_assert(offsetof(wire::ChunkDescriptor, consumed) == offsetof(ChunkView, consumed));

}  // namespace seamtrace::agent::testing
