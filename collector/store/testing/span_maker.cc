#include "collector/store/testing/span_maker.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <filesystem>
#include <map>

#include "collector/store/bytes.h"
#include "collector/support/arena.h"

namespace seamtrace::collector::testing {

TemporaryFolder::TemporaryFolder() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "seamtrace-store-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

TraceId trace_id(uint64_t number) {
  TraceId id{};
  // Ids of real traces are spread evenly.
  store::set_id(id, number * 0x9e3779b97f4a7c15u);
  store::set_id(id, number, 8);
  return id;
}

SpanId span_id(uint64_t number) {
  SpanId id{};
  store::set_id(id, number);
  return id;
}

std::shared_ptr<const Resource> make_resource(const std::string& service, int64_t process) {
  static std::map<std::pair<std::string, int64_t>, std::shared_ptr<const Resource>> known;
  std::shared_ptr<const Resource>& found = known[{service, process}];
  if (found == nullptr) {
    auto made = std::make_shared<Resource>();
    made->set("service.name", service);
    made->set("process.pid", process);
    const std::string program = "./" + service;
    const std::array<std::string_view, 2> arguments = {program, "--fast"};
    made->set("process.command_args", std::span<const std::string_view>(arguments));
    made->set_value("test.truth", Value(true));
    made->set_value("test.real", Value(0.1));
    found = made;
  }
  return found;
}

Span& BatchMaker::add(uint64_t trace, uint64_t span, uint64_t parent) {
  return add(trace, span, parent, SpanKind::kInternal, "shop", "work");
}

Span& BatchMaker::add(uint64_t trace, uint64_t span, uint64_t parent, SpanKind kind,
                      const std::string& service, const std::string& name) {
  Span& made = batch_->list.spans.emplace_back(batch_->list.arena.get());
  made.trace_id = trace_id(trace);
  made.span_id = span_id(span);
  made.parent_span_id = span_id(parent);
  made.kind = kind;
  made.name = text(name);
  made.scope = "test";
  made.start_unix_ns = kBegin + trace * 1000 + span;
  made.end_unix_ns = made.start_unix_ns + 1'000'000;
  made.resource = make_resource(service);
  return made;
}

std::string_view BatchMaker::text(std::string_view text) {
  return copy_text(*batch_->list.arena, text);
}

void BatchMaker::attribute(Span& span, std::string_view key, Value value) {
  if (auto* content = std::get_if<std::string_view>(&value)) *content = text(*content);
  span.attributes.push_back({text(key), value});
}

void BatchMaker::add_copy(const Span& span) {
  Arena* arena = batch_->list.arena.get();
  Span& made = batch_->list.spans.emplace_back(arena);
  const auto copy_value = [&](Value value) {
    if (auto* content = std::get_if<std::string_view>(&value)) *content = text(*content);
    if (auto* texts = std::get_if<std::span<const std::string_view>>(&value)) {
      std::pmr::polymorphic_allocator<std::string_view> allocator(arena);
      std::string_view* kept = allocator.allocate(texts->size());
      for (size_t i = 0; i < texts->size(); ++i) std::construct_at(kept + i, text((*texts)[i]));
      *texts = {kept, texts->size()};
    }
    return value;
  };
  const auto copy_attributes = [&](const std::pmr::vector<Attribute>& from,
                                   std::pmr::vector<Attribute>& to) {
    for (const Attribute& each : from) to.push_back({text(each.key), copy_value(each.value)});
  };
  made.trace_id = span.trace_id;
  made.span_id = span.span_id;
  made.parent_span_id = span.parent_span_id;
  made.parent_remote = span.parent_remote;
  made.trace_flags = span.trace_flags;
  made.kind = span.kind;
  made.status = span.status;
  made.association = span.association;
  made.status_message = text(span.status_message);
  made.trace_state = text(span.trace_state);
  made.name = text(span.name);
  made.scope = text(span.scope);
  made.start_unix_ns = span.start_unix_ns;
  made.end_unix_ns = span.end_unix_ns;
  copy_attributes(span.attributes, made.attributes);
  for (const Event& event : span.events) {
    Event copy{event.time_unix_ns, text(event.name), std::pmr::vector<Attribute>(arena),
               event.dropped_attributes};
    copy_attributes(event.attributes, copy.attributes);
    made.events.push_back(std::move(copy));
  }
  for (const Link& link : span.links) {
    Link copy{link.trace_id,           link.span_id,
              text(link.trace_state),  std::pmr::vector<Attribute>(arena),
              link.dropped_attributes, link.remote};
    copy_attributes(link.attributes, copy.attributes);
    made.links.push_back(std::move(copy));
  }
  made.dropped_attributes = span.dropped_attributes;
  made.dropped_events = span.dropped_events;
  made.dropped_links = span.dropped_links;
  made.resource = span.resource;
}

BatchPtr BatchMaker::take() {
  BatchPtr result = std::move(batch_);
  batch_ = std::make_shared<Batch>();
  return result;
}

std::string RandomSpans::text() {
  switch (number(6)) {
    case 0:
      return "";
    case 1:
      return std::string(1, static_cast<char>('a' + number(26)));
    case 2:
      return "value " + std::to_string(number(20));
    case 3:
      return "/cart/" + std::to_string(number(1'000'000));
    case 4:
      return std::string(number(3000), static_cast<char>('a' + number(26)));
    default:
      return std::string("nul \0 and \xc3\xa9 ", 13) + std::to_string(number(5));
  }
}

Value RandomSpans::value(BatchMaker& maker) {
  switch (number(6)) {
    case 0:
      return static_cast<int64_t>(random_());
    case 1:
      return static_cast<int64_t>(number(1000)) - 500;
    case 2:
      return number(2) == 0;
    case 3:
      return std::bit_cast<double>(random_());
    case 4: {
      static const std::string_view kTexts[] = {"one", "", "a longer one", "\xf0\x9f\x98\x80"};
      return std::span<const std::string_view>(kTexts, number(5));
    }
    default:
      return maker.text(text());
  }
}

void RandomSpans::attributes(BatchMaker& maker, std::pmr::vector<Attribute>& list, size_t most) {
  const size_t count = number(most + 1);
  for (size_t i = 0; i < count; ++i) {
    list.push_back({maker.text("key." + std::to_string(i)), value(maker)});
  }
}

BatchPtr RandomSpans::batch(size_t traces, size_t least, size_t most) {
  BatchMaker ordered;
  for (size_t i = 0; i < traces; ++i) {
    const uint64_t trace = next_trace_++;
    const size_t spans = least + number(most - least + 1);
    std::vector<uint64_t> ids;
    for (size_t j = 0; j < spans; ++j) {
      const uint64_t id = random_() | 1;
      const uint64_t parent = ids.empty() ? 0 : number(8) == 0 ? 77 : ids[number(ids.size())];
      ids.push_back(id);
      Span& span = ordered.add(trace, id, parent, static_cast<SpanKind>(1 + number(5)),
                               "service " + std::to_string(number(4)),
                               number(3) == 0 ? text() : "GET /" + std::to_string(number(5)));
      span.resource =
          make_resource("service " + std::to_string(number(4)), static_cast<int64_t>(number(3)));
      span.start_unix_ns = number(50) == 0 ? random_() : kBegin + number(10'000'000'000);
      span.end_unix_ns = number(50) == 0 ? random_() : span.start_unix_ns + number(1'000'000'000);
      span.parent_remote = number(2) == 0;
      span.trace_flags = static_cast<uint8_t>(number(4));
      span.status = static_cast<StatusCode>(number(3));
      span.association = static_cast<wire::Association>(number(8));
      span.scope = ordered.text(number(4) == 0 ? text() : "seamtrace.http");
      attributes(ordered, span.attributes, 20);
      if (number(3) == 0) {
        span.status_message = ordered.text(text());
        span.trace_state = ordered.text(text());
        span.dropped_attributes = static_cast<uint32_t>(number(3));
        span.dropped_events = static_cast<uint32_t>(random_());
        span.dropped_links = static_cast<uint32_t>(number(2));
      }
      for (uint64_t k = number(8) == 0 ? number(4) : 0; k > 0; --k) {
        Event event{span.start_unix_ns + number(1000) - 500, ordered.text(text()),
                    std::pmr::vector<Attribute>(span.events.get_allocator()),
                    static_cast<uint32_t>(number(2))};
        attributes(ordered, event.attributes, 3);
        span.events.push_back(std::move(event));
      }
      for (uint64_t k = number(8) == 0 ? number(4) : 0; k > 0; --k) {
        Link link{trace_id(random_()),
                  span_id(random_()),
                  ordered.text(text()),
                  std::pmr::vector<Attribute>(span.links.get_allocator()),
                  static_cast<uint32_t>(number(2)),
                  number(2) == 0};
        attributes(ordered, link.attributes, 3);
        span.links.push_back(std::move(link));
      }
    }
  }
  const BatchPtr in_order = ordered.take();
  std::vector<const Span*> order;
  for (const Span& span : in_order->list.spans) order.push_back(&span);
  std::shuffle(order.begin(), order.end(), random_);
  BatchMaker shuffled;
  for (const Span* span : order) shuffled.add_copy(*span);
  return shuffled.take();
}

namespace {

void describe(const Value& value, std::string& out) {
  out += std::to_string(value.index()) + ":";
  if (const auto* text = std::get_if<std::string_view>(&value)) out += *text;
  if (const auto* number = std::get_if<int64_t>(&value)) out += std::to_string(*number);
  if (const auto* truth = std::get_if<bool>(&value)) out += *truth ? "true" : "false";
  if (const auto* real = std::get_if<double>(&value)) {
    out += std::to_string(std::bit_cast<uint64_t>(*real));
  }
  if (const auto* texts = std::get_if<std::span<const std::string_view>>(&value)) {
    for (const std::string_view text : *texts) out.append(text) += '|';
  }
}

template <typename List>
void describe_list(const List& attributes, std::string& out) {
  out += " {";
  for (const Attribute& attribute : attributes) {
    out.append(attribute.key) += '=';
    describe(attribute.value, out);
    out += ", ";
  }
  out += "}";
}

template <typename Id>
std::string hex(const Id& id) {
  std::string text;
  for (const uint8_t byte : id) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace

std::string describe(const Span& span) {
  std::string out = hex(span.trace_id) + " " + hex(span.span_id) + " " + hex(span.parent_span_id) +
                    " '" + std::string(span.name) + "' '" + std::string(span.scope) + "' '" +
                    std::string(span.status_message) + "' '" + std::string(span.trace_state) + "'";
  for (const uint64_t number :
       {uint64_t{span.parent_remote}, uint64_t{span.trace_flags}, static_cast<uint64_t>(span.kind),
        static_cast<uint64_t>(span.status), static_cast<uint64_t>(span.association),
        span.start_unix_ns, span.end_unix_ns, uint64_t{span.dropped_attributes},
        uint64_t{span.dropped_events}, uint64_t{span.dropped_links}}) {
    out += " " + std::to_string(number);
  }
  describe_list(span.attributes, out);
  for (const Event& event : span.events) {
    out += " event " + std::to_string(event.time_unix_ns) + " '" + std::string(event.name) + "' " +
           std::to_string(event.dropped_attributes);
    describe_list(event.attributes, out);
  }
  for (const Link& link : span.links) {
    out += " link " + hex(link.trace_id) + hex(link.span_id) + " '" +
           std::string(link.trace_state) + "' " + std::to_string(link.dropped_attributes) +
           (link.remote ? " remote" : " local");
    describe_list(link.attributes, out);
  }
  out += " resource";
  describe_list(span.resource->attributes(), out);
  return out;
}

std::vector<std::string> describe_all(StoreReader& reader) {
  std::vector<std::string> all;
  const std::optional<Error> error = reader.scan({}, nullptr, [&](const TraceRow& row) {
    Result<SpanList> list = reader.load(row.row);
    EXPECT_TRUE(list) << list.error().message;
    if (!list) return false;
    EXPECT_EQ(row.spans, list->spans.size());
    for (const Span& span : list->spans) all.push_back(describe(span));
    return true;
  });
  EXPECT_FALSE(error) << error->message;
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::string> describe_all(const std::vector<BatchPtr>& batches) {
  std::vector<std::string> all;
  for (const BatchPtr& batch : batches) {
    for (const Span& span : batch->list.spans) all.push_back(describe(span));
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace seamtrace::collector::testing
