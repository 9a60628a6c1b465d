// The bytes of chunks and of dictionary entries come from a file that may be damaged.
#include <cstdint>
#include <map>

#include "collector/process/resource.h"
#include "collector/store/chunk.h"
#include "collector/store/histogram.h"
#include "collector/store/keys.h"
#include "collector/store/span_decoder.h"

namespace seamtrace::collector::store {
namespace {

/// The first text of the input is every entry of the dictionary.
class OneEntry final : public Entries {
 public:
  explicit OneEntry(std::string_view bytes)
      : bytes_(bytes), shape_(SpanTemplate::parse(bytes)), resource_(decode_resource(bytes)) {
    if (resource_ == nullptr) resource_ = std::make_shared<Resource>();
  }
  std::optional<std::string_view> text(uint32_t) override { return bytes_; }
  const SpanTemplate* find_template(uint32_t) override { return shape_.get(); }
  std::shared_ptr<const Resource> resource(uint32_t) override { return resource_; }

 private:
  std::string_view bytes_;
  std::unique_ptr<SpanTemplate> shape_;
  std::shared_ptr<const Resource> resource_;
};

uint64_t touch(const Value& value) {
  uint64_t sum = value.index();
  if (const auto* text = std::get_if<std::string_view>(&value)) sum += hash_bytes(*text);
  if (const auto* texts = std::get_if<std::span<const std::string_view>>(&value)) {
    for (const std::string_view text : *texts) sum += hash_bytes(text);
  }
  return sum;
}

void decode(std::string_view input) {
  ByteReader parts(input);
  OneEntry entries(parts.text());
  SpanDecoder decoder(entries, TraceId{});
  for (int i = 0; i < 2 && decoder.decode(parts.text()); ++i) {
  }
  const SpanList list = decoder.take();
  volatile uint64_t sum = 0;  // every text is read
  for (const Span& span : list.spans) {
    sum = sum + hash_bytes(span.name) + hash_bytes(span.scope) + hash_bytes(span.trace_state);
    for (const Attribute& attribute : span.attributes) {
      sum = sum + hash_bytes(attribute.key) + touch(attribute.value);
    }
    for (const Event& event : span.events) sum = sum + hash_bytes(event.name);
    for (const Link& link : span.links) sum = sum + hash_bytes(link.trace_state);
  }
}

}  // namespace
}  // namespace seamtrace::collector::store

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace seamtrace::collector;  // NOLINT(google-build-using-namespace)
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  store::decode(input);
  store::decode_operation(input);
  store::decode_edge(input);
  Histogram::decode(input);
  store::ChunkPacker().unpack(input);
  return 0;
}
