// SpanDecoder: records of a trace's chunks -> spans.
// Path:    inside the store; readers, and the writer when late spans come
// Owner:   one per trace that is unpacked.
// Memory:  the spans' texts live in the SpanList's arena.
// Failure: a sentence for bytes that the encoder did not make, whatever they are.
// Source:  collector/store/FORMAT.md, "Records".
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "collector/interpret/span.h"
#include "collector/store/bytes.h"
#include "collector/store/span_template.h"
#include "collector/support/arena.h"

namespace seamtrace::collector::store {

/// What records refer to. Bytes live until the decoder is gone.
class Entries {
 public:
  virtual ~Entries() = default;
  /// None: there is no such entry.
  virtual std::optional<std::string_view> text(uint32_t id) = 0;
  virtual const SpanTemplate* find_template(uint32_t id) = 0;
  /// Null: there is no such resource.
  virtual std::shared_ptr<const Resource> resource(uint32_t id) = 0;
};

class SpanDecoder {
 public:
  SpanDecoder(Entries& entries, const TraceId& trace_id);

  /// Adds the spans of the next chunk. False: its bytes are damaged.
  bool decode(std::string_view records);
  /// The start of the last span.
  uint64_t last_start() const { return last_start_; }
  SpanList take() { return std::move(list_); }

 private:
  /// A template with its texts in the arena of the list.
  struct Form {
    const SpanTemplate* shape = nullptr;
    std::shared_ptr<const Resource> resource;
    std::string_view scope, name;
    std::vector<Attribute> attributes;
  };

  const Form* form(uint64_t id, ByteReader& reader);
  bool make_form(const SpanTemplate& shape, Form& form);
  bool read_span(ByteReader& reader);
  bool read_parent(ByteReader& reader, Span& span);
  std::string_view read_text(ByteReader& reader);
  Value read_value(ValueType type, ByteReader& reader);
  void read_attributes(ByteReader& reader, std::pmr::vector<Attribute>& attributes);
  void read_rare_parts(ByteReader& reader, Span& span);
  std::string_view* make_list(uint64_t size);

  Entries& entries_;
  TraceId trace_id_;
  SpanList list_;
  std::unordered_map<uint64_t, Form> forms_;
  std::unordered_map<uint64_t, std::string_view> texts_;  ///< of the dictionary, in the arena
  std::vector<std::unique_ptr<SpanTemplate>> inline_templates_;
  Form inline_form_;
  std::vector<std::string_view> inline_texts_;  ///< of this chunk
  uint64_t last_start_ = 0;
};

/// Null for bytes that encode_resource() did not make.
std::shared_ptr<const Resource> decode_resource(std::string_view bytes);

}  // namespace seamtrace::collector::store
