// SpanEncoder: spans -> records of a chunk.
// Path:    inside the store's writer
// Owner:   the writer; borrows its Dictionary.
// Memory:  a parsed template for each entry of the dictionary that was used.
// Failure: the Dictionary's.
// Source:  collector/store/FORMAT.md, "Records".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collector/store/dictionary.h"
#include "collector/store/span_template.h"

namespace seamtrace::collector::store {

/// The end of a trace's records, to which more can be added.
struct ChunkTail {
  std::string records;
  uint64_t last_start = 0;                           ///< of the last record
  std::vector<std::pair<uint32_t, uint32_t>> texts;  ///< offset and size of the last inline texts

  /// Where it ends.
  struct End {
    size_t records = 0;
    size_t texts = 0;
    uint64_t last_start = 0;
  };
  End end() const { return {records.size(), texts.size(), last_start}; }
  /// Takes back what was added after `end`.
  void cut(const End& end) {
    records.resize(end.records);
    texts.resize(end.texts);
    last_start = end.last_start;
  }
  void clear() { cut({}); }
};

/// Where a span's parent is, seen from the span.
struct ParentPlace {
  /// How many records before this one in the trace; 0: not there (yet).
  uint64_t records_back = 0;
};

class SpanEncoder {
 public:
  explicit SpanEncoder(Dictionary& dictionary) : dictionary_(dictionary) {}

  /// Forgets all templates: the dictionary was read anew.
  void forget() { templates_.clear(); }

  /// `resource`: the entry of the span's resource. The span's template, which lives until the next
  /// call, and as long as the encoder when it has an id.
  const SpanTemplate& encode(const Span& span, uint32_t resource, ParentPlace parent,
                             ChunkTail& tail);

  /// A template that only tells the span's kind and keys; lives until the next call.
  const SpanTemplate& shape_of(const Span& span);

 private:
  const SpanTemplate* find_template(const Span& span, uint32_t resource);
  void write_values(const Span& span, const SpanTemplate& shape, ChunkTail& tail);
  void write_value(const Value& value, ByteWriter& writer, ChunkTail& tail);
  void write_text(std::string_view text, ByteWriter& writer, ChunkTail& tail);
  void write_attributes(const std::pmr::vector<Attribute>& attributes, ByteWriter& writer,
                        ChunkTail& tail);
  void write_rare_parts(const Span& span, ByteWriter& writer, ChunkTail& tail);

  Dictionary& dictionary_;
  std::unordered_map<std::string, std::unique_ptr<SpanTemplate>, BytesHash, std::equal_to<>>
      templates_;  ///< by signature
  std::unique_ptr<SpanTemplate> inline_template_;
  SpanTemplate plain_;
  std::string signature_, scratch_, inline_bytes_;
};

/// An entry of the dictionary for a resource.
std::string encode_resource(const Resource& resource);

}  // namespace seamtrace::collector::store
