#include "collector/store/span_decoder.h"

#include "collector/process/resource.h"

namespace seamtrace::collector::store {
namespace {

constexpr unsigned kInDictionary = 0, kInline = 1, kRepeated = 2;
constexpr size_t kShortestToRepeat = 4;
constexpr size_t kFirstArenaBytes = 8 * 1024;

}  // namespace

SpanDecoder::SpanDecoder(Entries& entries, const TraceId& trace_id)
    : entries_(entries), trace_id_(trace_id) {
  // Most traces are small, and many may be unpacked at once.
  list_.arena = std::make_unique<std::pmr::monotonic_buffer_resource>(kFirstArenaBytes);
}

std::string_view* SpanDecoder::make_list(uint64_t size) {
  std::pmr::polymorphic_allocator<std::string_view> allocator(list_.arena.get());
  std::string_view* texts = allocator.allocate(size);
  std::uninitialized_default_construct_n(texts, size);
  return texts;
}

bool SpanDecoder::make_form(const SpanTemplate& shape, Form& form) {
  form.shape = &shape;
  form.resource = entries_.resource(shape.resource);
  if (form.resource == nullptr) return false;
  Arena& arena = *list_.arena;
  form.scope = copy_text(arena, shape.scope);
  form.name = copy_text(arena, shape.name);
  form.attributes.clear();
  form.attributes.reserve(shape.attributes.size());
  for (const Attribute& attribute : shape.attributes) {
    Value value = attribute.value;
    if (auto* text = std::get_if<std::string_view>(&value)) *text = copy_text(arena, *text);
    if (auto* texts = std::get_if<std::span<const std::string_view>>(&value)) {
      std::string_view* kept = make_list(texts->size());
      for (size_t i = 0; i < texts->size(); ++i) kept[i] = copy_text(arena, (*texts)[i]);
      *texts = {kept, texts->size()};
    }
    form.attributes.push_back({copy_text(arena, attribute.key), value});
  }
  return true;
}

const SpanDecoder::Form* SpanDecoder::form(uint64_t id, ByteReader& reader) {
  if (id == 0) {
    auto shape = SpanTemplate::parse(reader.text());
    if (shape == nullptr || !make_form(*shape, inline_form_)) return nullptr;
    inline_templates_.clear();
    inline_templates_.push_back(std::move(shape));
    return &inline_form_;
  }
  const auto known = forms_.find(id);
  if (known != forms_.end()) return &known->second;
  const SpanTemplate* shape =
      id <= UINT32_MAX ? entries_.find_template(static_cast<uint32_t>(id)) : nullptr;
  Form made;
  if (shape == nullptr || !make_form(*shape, made)) return nullptr;
  return &forms_.emplace(id, std::move(made)).first->second;
}

std::string_view SpanDecoder::read_text(ByteReader& reader) {
  const uint64_t head = reader.number(), rest = head >> 2;
  switch (head & 3) {
    case kInDictionary: {
      const auto known = texts_.find(rest);
      if (known != texts_.end()) return known->second;
      std::optional<std::string_view> text;
      if (rest <= UINT32_MAX) text = entries_.text(static_cast<uint32_t>(rest));
      if (!text) break;
      return texts_[rest] = copy_text(*list_.arena, *text);
    }
    case kInline: {
      const std::string_view text = copy_text(*list_.arena, reader.raw(rest));
      if (text.size() >= kShortestToRepeat) inline_texts_.push_back(text);
      return text;
    }
    case kRepeated:
      if (rest >= inline_texts_.size()) break;
      return inline_texts_[inline_texts_.size() - 1 - rest];
    default:
      break;
  }
  reader.fail();
  return {};
}

Value SpanDecoder::read_value(ValueType type, ByteReader& reader) {
  if (type == ValueType::kText) return read_text(reader);
  if (type != ValueType::kTexts) {
    return read_plain_value(type, reader, [this](uint64_t size) { return make_list(size); });
  }
  const uint64_t count = reader.count();
  std::string_view* texts = make_list(count);
  for (uint64_t i = 0; i < count; ++i) texts[i] = read_text(reader);
  return std::span<const std::string_view>(texts, count);
}

void SpanDecoder::read_attributes(ByteReader& reader, std::pmr::vector<Attribute>& attributes) {
  const uint64_t count = reader.count(3);
  attributes.reserve(count);
  for (uint64_t i = 0; i < count && !reader.failed(); ++i) {
    const auto type = static_cast<ValueType>(reader.byte());
    const std::string_view key = read_text(reader);
    attributes.push_back({key, read_value(type, reader)});
  }
}

void SpanDecoder::read_rare_parts(ByteReader& reader, Span& span) {
  Arena* arena = list_.arena.get();
  span.status_message = read_text(reader);
  span.trace_state = read_text(reader);
  span.dropped_attributes = static_cast<uint32_t>(reader.number());
  span.dropped_events = static_cast<uint32_t>(reader.number());
  span.dropped_links = static_cast<uint32_t>(reader.number());
  const uint64_t events = reader.count(4);
  span.events.reserve(events);
  for (uint64_t i = 0; i < events && !reader.failed(); ++i) {
    Event event{0, {}, std::pmr::vector<Attribute>(arena), 0};
    event.time_unix_ns = span.start_unix_ns + static_cast<uint64_t>(reader.signed_number());
    event.name = read_text(reader);
    event.dropped_attributes = static_cast<uint32_t>(reader.number());
    read_attributes(reader, event.attributes);
    span.events.push_back(std::move(event));
  }
  const uint64_t links = reader.count(28);
  span.links.reserve(links);
  for (uint64_t i = 0; i < links && !reader.failed(); ++i) {
    Link link{{}, {}, {}, std::pmr::vector<Attribute>(arena), 0, true};
    set_id(link.trace_id, reader.fixed64());
    set_id(link.trace_id, reader.fixed64(), 8);
    set_id(link.span_id, reader.fixed64());
    link.remote = reader.byte() != 0;
    link.trace_state = read_text(reader);
    link.dropped_attributes = static_cast<uint32_t>(reader.number());
    read_attributes(reader, link.attributes);
    span.links.push_back(std::move(link));
  }
}

bool SpanDecoder::read_parent(ByteReader& reader, Span& span) {
  const uint64_t place = reader.number();
  if (place == 1) set_id(span.parent_span_id, reader.fixed64());
  if (place < 2) return true;
  if (place - 1 > list_.spans.size()) return false;
  span.parent_span_id = list_.spans[list_.spans.size() - (place - 1)].span_id;
  return true;
}

bool SpanDecoder::read_span(ByteReader& reader) {
  const uint64_t id = reader.number();
  const Form* found = form(id, reader);
  if (found == nullptr || reader.failed()) return false;
  const SpanTemplate& shape = *found->shape;
  Span span(list_.arena.get());
  span.trace_id = trace_id_;
  set_id(span.span_id, reader.fixed64());
  if (!read_parent(reader, span)) return false;
  span.parent_remote = shape.parent_remote;
  span.trace_flags = shape.trace_flags;
  span.kind = shape.kind;
  span.status = shape.status;
  span.association = shape.association;
  span.scope = found->scope;
  span.resource = found->resource;
  span.start_unix_ns = last_start_ + static_cast<uint64_t>(reader.signed_number());
  last_start_ = span.start_unix_ns;
  span.end_unix_ns = span.start_unix_ns + static_cast<uint64_t>(reader.signed_number());
  span.name = shape.has_name ? found->name : read_text(reader);
  const std::string_view changed = reader.raw((found->attributes.size() + 7) / 8);
  if (reader.failed()) return false;
  span.attributes.assign(found->attributes.begin(), found->attributes.end());
  for (size_t i = 0; i < span.attributes.size(); ++i) {
    if ((changed[i / 8] >> i % 8 & 1) == 0) continue;
    Value& value = span.attributes[i].value;
    value = read_value(type_of(value), reader);
  }
  if (shape.has_more) read_rare_parts(reader, span);
  if (reader.failed()) return false;
  list_.spans.push_back(std::move(span));
  return true;
}

bool SpanDecoder::decode(std::string_view records) {
  ByteReader reader(records);
  last_start_ = 0;
  inline_texts_.clear();
  while (!reader.empty()) {
    if (!read_span(reader)) return false;
  }
  return !reader.failed();
}

std::shared_ptr<const Resource> decode_resource(std::string_view bytes) {
  auto resource = std::make_shared<Resource>();
  ByteReader reader(bytes);
  const uint64_t count = reader.count(3);
  std::vector<std::unique_ptr<std::string_view[]>> lists;
  const auto make_list = [&lists](uint64_t size) {
    return lists.emplace_back(std::make_unique<std::string_view[]>(size)).get();
  };
  for (uint64_t i = 0; i < count && !reader.failed(); ++i) {
    const auto type = static_cast<ValueType>(reader.byte());
    const std::string_view key = reader.text();
    const Value value = read_plain_value(type, reader, make_list);
    if (reader.failed()) break;
    resource->set_value(key, value);
  }
  return reader.failed() || !reader.empty() ? nullptr : resource;
}

}  // namespace seamtrace::collector::store
