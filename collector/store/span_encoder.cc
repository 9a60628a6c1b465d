#include "collector/store/span_encoder.h"

#include <cassert>

#include "collector/process/resource.h"

namespace seamtrace::collector::store {
namespace {

constexpr size_t kTextsToLookBack = 16;
constexpr size_t kShortestToRepeat = 4;

/// Low bits of a text's first number.
constexpr unsigned kInDictionary = 0, kInline = 1, kRepeated = 2;

}  // namespace

std::string encode_resource(const Resource& resource) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.number(resource.attributes().size());
  for (const Attribute& attribute : resource.attributes()) {
    writer.byte(static_cast<uint8_t>(type_of(attribute.value)));
    writer.text(attribute.key);
    write_plain_value(attribute.value, writer);
  }
  return bytes;
}

const SpanTemplate* SpanEncoder::find_template(const Span& span, uint32_t resource) {
  // A name that is always another would make a template for each.
  const bool named = span.name.size() < 2 || dictionary_.text(span.name) != 0;
  signature_.clear();
  write_signature(span, resource, named, signature_);
  const auto known = templates_.find(std::string_view(signature_));
  if (known != templates_.end()) {
    dictionary_.use(known->second->id, 1);
    return known->second.get();
  }
  scratch_.clear();
  ByteWriter defaults(scratch_);
  for (const Attribute& attribute : span.attributes) write_plain_value(attribute.value, defaults);
  inline_bytes_.clear();
  ByteWriter whole(inline_bytes_);
  whole.text(signature_);
  whole.text(scratch_);
  std::unique_ptr<SpanTemplate> made = SpanTemplate::parse(inline_bytes_);
  assert(made != nullptr);
  made->id = dictionary_.intern_bounded(EntryKind::kTemplate, inline_bytes_);
  if (made->id == 0) {
    inline_template_ = std::move(made);
    return inline_template_.get();
  }
  dictionary_.use(made->id, 1);
  return (templates_[signature_] = std::move(made)).get();
}

const SpanTemplate& SpanEncoder::shape_of(const Span& span) {
  plain_.kind = span.kind;
  plain_.attributes.assign(span.attributes.begin(), span.attributes.end());
  return plain_;
}

void SpanEncoder::write_text(std::string_view text, ByteWriter& writer, ChunkTail& tail) {
  const uint64_t id = dictionary_.text(text);
  if (id != 0) return writer.number(id << 2 | kInDictionary);
  if (text.size() < kShortestToRepeat) {
    writer.number(text.size() << 2 | kInline);
    return writer.raw(text);
  }
  for (size_t back = 0; back < tail.texts.size() && back < kTextsToLookBack; ++back) {
    const auto [at, size] = tail.texts[tail.texts.size() - 1 - back];
    if (size != text.size() || std::string_view(tail.records).substr(at, size) != text) continue;
    return writer.number(back << 2 | kRepeated);
  }
  writer.number(text.size() << 2 | kInline);
  tail.texts.emplace_back(tail.records.size(), text.size());
  writer.raw(text);
}

void SpanEncoder::write_value(const Value& value, ByteWriter& writer, ChunkTail& tail) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    return write_text(*text, writer, tail);
  }
  const auto* texts = std::get_if<std::span<const std::string_view>>(&value);
  if (texts == nullptr) return write_plain_value(value, writer);
  writer.number(texts->size());
  for (const std::string_view text : *texts) write_text(text, writer, tail);
}

void SpanEncoder::write_values(const Span& span, const SpanTemplate& shape, ChunkTail& tail) {
  ByteWriter writer(tail.records);
  const size_t bitmap = tail.records.size();
  const size_t count = span.attributes.size();
  tail.records.append((count + 7) / 8, '\0');
  for (size_t i = 0; i < count; ++i) {
    const Value& value = span.attributes[i].value;
    if (equal_values(value, shape.attributes[i].value)) continue;
    char& byte = tail.records[bitmap + i / 8];
    byte = static_cast<char>(byte | 1 << i % 8);
    write_value(value, writer, tail);
  }
}

void SpanEncoder::write_attributes(const std::pmr::vector<Attribute>& attributes,
                                   ByteWriter& writer, ChunkTail& tail) {
  writer.number(attributes.size());
  for (const Attribute& attribute : attributes) {
    writer.byte(static_cast<uint8_t>(type_of(attribute.value)));
    write_text(attribute.key, writer, tail);
    write_value(attribute.value, writer, tail);
  }
}

void SpanEncoder::write_rare_parts(const Span& span, ByteWriter& writer, ChunkTail& tail) {
  write_text(span.status_message, writer, tail);
  write_text(span.trace_state, writer, tail);
  writer.number(span.dropped_attributes);
  writer.number(span.dropped_events);
  writer.number(span.dropped_links);
  writer.number(span.events.size());
  for (const Event& event : span.events) {
    writer.signed_number(static_cast<int64_t>(event.time_unix_ns - span.start_unix_ns));
    write_text(event.name, writer, tail);
    writer.number(event.dropped_attributes);
    write_attributes(event.attributes, writer, tail);
  }
  writer.number(span.links.size());
  for (const Link& link : span.links) {
    writer.fixed64(id_number(link.trace_id));
    writer.fixed64(id_number(link.trace_id, 8));
    writer.fixed64(id_number(link.span_id));
    writer.byte(link.remote ? 1 : 0);
    write_text(link.trace_state, writer, tail);
    writer.number(link.dropped_attributes);
    write_attributes(link.attributes, writer, tail);
  }
}

const SpanTemplate& SpanEncoder::encode(const Span& span, uint32_t resource, ParentPlace parent,
                                        ChunkTail& tail) {
  const SpanTemplate* shape = find_template(span, resource);
  ByteWriter writer(tail.records);
  writer.number(shape->id);
  if (shape->id == 0) writer.text(inline_bytes_);
  writer.fixed64(id_number(span.span_id));
  const uint64_t parent_id = id_number(span.parent_span_id);
  if (parent_id == 0) {
    writer.number(0);
  } else if (parent.records_back == 0) {
    writer.number(1);
    writer.fixed64(parent_id);
  } else {
    writer.number(1 + parent.records_back);
  }
  writer.signed_number(static_cast<int64_t>(span.start_unix_ns - tail.last_start));
  tail.last_start = span.start_unix_ns;
  writer.signed_number(static_cast<int64_t>(span.end_unix_ns - span.start_unix_ns));
  if (!shape->has_name) write_text(span.name, writer, tail);
  write_values(span, *shape, tail);
  if (shape->has_more) write_rare_parts(span, writer, tail);
  return *shape;
}

}  // namespace seamtrace::collector::store
