// The ring reader against a producer that lies: the input is spread over the header, the chunk
// descriptors, the process info, the slots and the chunks of a segment, which is then attached,
// read, acknowledged and buried; nothing may crash, and whatever comes out must be sound.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "collector/process/resource_builder.h"
#include "collector/ring_reader/segment.h"
#include "collector/ring_reader/testing/record_builder.h"
#include "collector/ring_reader/testing/segment_builder.h"
#include "collector/support/directory.h"

namespace seamtrace::collector {
namespace {

constexpr uint32_t kChunks = 6;
constexpr uint32_t kSlots = 4;

/// Touches every byte that it is given.
class Toucher : public RecordConsumer {
 public:
  void attached(ProducerId, const ProcessFacts&) override {}
  bool ready() const override { return (++asked_ & 31) != 0; }
  uint64_t accept(ProducerId, const Record& record) override {
    if (record.exchange.role == 0 || record.exchange.header.size > wire::kMaxRecordBytes)
      std::abort();
    for (const Slice& slice : record.slices)
      for (const char c : slice.bytes) sum_ = sum_ + static_cast<unsigned char>(c);
    return ++sequence_ / 4;
  }
  void detached(ProducerId, const Counters&) override {}
  uint64_t sequence() const { return sequence_; }

 private:
  mutable uint32_t asked_ = 0;
  uint64_t sequence_ = 4;
  volatile uint64_t sum_ = 0;
};

class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  void fill(void* to, size_t size) {
    const size_t count = std::min(size, size_);
    if (count == 0) return;
    std::memcpy(to, data_, count);
    data_ += count;
    size_ -= count;
  }
  template <typename T>
  T take() {
    T value{};
    fill(&value, sizeof(value));
    return value;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

/// Sound records with a few bytes changed: gets deeper than bytes at random.
void damaged_records(Input& input, char* chunk) {
  static const std::string record = testing::RecordBuilder(1)
                                        .request("GET / HTTP/1.1")
                                        .request_header("Host: a")
                                        .slice(wire::SliceKind::kTraceState, "a=b")
                                        .bytes();
  for (size_t at = 0; at + record.size() <= 2048; at += record.size())
    std::memcpy(chunk + at, record.data(), record.size());
  for (int i = 0; i < 4; ++i) {
    const auto offset = input.take<uint16_t>();
    chunk[offset % 2048] = static_cast<char>(chunk[offset % 2048] ^ input.take<char>());
  }
}

void one(const uint8_t* data, size_t size) {
  static testing::ChannelDirectory directory;
  static testing::SegmentBuilder builder(directory);
  static const FileDescriptor user =
      std::move(*open_user_directory(directory.base(), ::geteuid(), false));
  static ReadScratch scratch;

  Input input(data, size);
  const auto flags = input.take<uint8_t>();
  wire::SegmentHeader& header = builder.header();
  header.chunk_high_water = (flags & 1) != 0 ? input.take<uint32_t>() : kChunks;
  header.slot_high_water = (flags & 2) != 0 ? input.take<uint32_t>() % 64 : kSlots;
  header.fatal_signal = input.take<uint8_t>();
  header.created_monotonic_ns = (flags & 4) != 0 ? input.take<uint64_t>() : 1;
  header.created_realtime_ns = (flags & 4) != 0 ? input.take<uint64_t>() : 1;
  for (uint32_t i = 0; i < kChunks; ++i) {
    wire::ChunkDescriptor& descriptor = builder.descriptor(i);
    descriptor.state = input.take<uint8_t>() % 5;
    const auto committed = input.take<uint16_t>();
    descriptor.committed = (flags & 8) != 0 ? committed * 0x10001u : committed & ~7u;
    descriptor.consumed = (flags & 16) != 0 ? input.take<uint32_t>() : 0;
  }
  auto* info = reinterpret_cast<wire::ProcessInfo*>(reinterpret_cast<char*>(&header) +
                                                    wire::kProcessInfoOffset);
  info->bytes = (flags & 32) != 0 ? input.take<uint32_t>() : 256;
  input.fill(info->list, 256);
  for (uint32_t i = 0; i < kSlots; ++i) {
    builder.slot(i).state = input.take<uint8_t>() % 4;
    input.fill(builder.slot(i).record, 256);
  }
  for (uint32_t i = 0; i < kChunks; ++i) {
    char* chunk = builder.chunk(i);
    std::memset(chunk, 0, 4096);
    if ((flags & 64) != 0) {
      damaged_records(input, chunk);
      continue;
    }
    input.fill(chunk, 4096);
  }

  const std::string name = builder.path().substr(builder.path().rfind('/') + 1);
  auto file = SegmentFile::open(user.get(), name, ::geteuid());
  if (!file) std::abort();
  auto attempt = Segment::attach(1, std::move(*file), ::geteuid(), {});
  auto* attached = std::get_if<std::unique_ptr<Segment>>(&attempt);
  if (attached == nullptr) return;
  Segment& segment = **attached;
  make_resource(segment.facts(), Configuration::from(segment.facts().environment), {});
  Toucher consumer;
  for (int i = 0; i < 6; ++i) segment.service(consumer, i < 3 ? 1 : UINT64_MAX, 1 << 16, scratch);
  segment.visit_in_flight([](const Record&) {});
  segment.producer_ended();
  for (int i = 0; i < 8 && !segment.read_in_flight(consumer, {}); ++i) {
  }
  segment.service(consumer, UINT64_MAX, 1 << 16, scratch);
  segment.counters();
  segment.control();
}

}  // namespace
}  // namespace seamtrace::collector

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  seamtrace::collector::one(data, size);
  return 0;
}
