#include "collector/receive/request_builder.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace seamtrace::collector {
namespace {

static_assert(std::is_nothrow_move_constructible_v<Span>,
              "a vector that grows would copy spans out of the arena");

constexpr uint32_t kHasIsRemote = 0x100;
constexpr uint32_t kIsRemote = 0x200;
constexpr size_t kTraceIdSize = std::tuple_size_v<TraceId>;
constexpr size_t kSpanIdSize = std::tuple_size_v<SpanId>;

template <size_t kSize>
bool copy_id(std::string_view bytes, std::array<uint8_t, kSize>& id) {
  if (bytes.size() != kSize) return false;
  std::memcpy(id.data(), bytes.data(), kSize);
  return id != std::array<uint8_t, kSize>{};
}

std::string id_message(std::string_view name, std::string_view bytes, size_t size) {
  std::string message = "its ";
  message += name;
  if (bytes.size() == size) return message + " is all zero";
  if (bytes.empty()) return message + " is missing";
  return message + " has " + std::to_string(bytes.size()) +
         (bytes.size() == 1 ? " byte" : " bytes") + " instead of " + std::to_string(size);
}

SpanKind span_kind(uint64_t number) {
  const bool known = number >= static_cast<uint64_t>(SpanKind::kInternal) &&
                     number <= static_cast<uint64_t>(SpanKind::kConsumer);
  return known ? static_cast<SpanKind>(number) : SpanKind::kInternal;
}

StatusCode status_code(uint64_t number) {
  return number <= static_cast<uint64_t>(StatusCode::kError) ? static_cast<StatusCode>(number)
                                                             : StatusCode::kUnset;
}

/// An SDK knows the parent. What another Seamtrace sent says itself how it was found.
wire::Association association_of(const Span& span, bool has_parent) {
  constexpr std::string_view kNames[] = {"root",    "remote",   "exact",       "handoff",
                                         "runtime", "inferred", "environment", "adopted"};
  for (const Attribute& attribute : span.attributes) {
    if (attribute.key != "seamtrace.parent.association") continue;
    const auto* text = std::get_if<std::string_view>(&attribute.value);
    const auto* name = text == nullptr ? std::end(kNames) : std::ranges::find(kNames, *text);
    if (name != std::end(kNames)) return static_cast<wire::Association>(name - kNames);
  }
  if (!has_parent) return wire::Association::kRoot;
  return span.parent_remote ? wire::Association::kRemote : wire::Association::kExact;
}

void add_sentence(std::string& message, const std::string& sentence) {
  if (!message.empty()) message += "; ";
  message += sentence;
}

std::string spans_text(uint64_t count) {
  return std::to_string(count) + (count == 1 ? " span" : " spans");
}

}  // namespace

void RequestBuilder::count_part() {
  if (++parts_ <= limits_.most_parts) return;
  throw RequestFault{Refusal::kTooLarge,
                     "the request has more than " + std::to_string(limits_.most_parts) +
                         " spans, attributes, events, links and values; send smaller batches"};
}

void RequestBuilder::set_resource(std::span<const Attribute> attributes) {
  if (attributes.size() > kMostResourceAttributes)
    throw RequestFault{
        Refusal::kMalformed,
        "a resource has more than " + std::to_string(kMostResourceAttributes) + " attributes"};
  resource_ = resources_.get(attributes);
}

Span& RequestBuilder::begin_span() {
  count_part();
  return request_.list.spans.emplace_back(&arena());
}

void RequestBuilder::check_times(Span& span) {
  constexpr uint64_t kLatest = std::numeric_limits<int64_t>::max();
  if (span.start_unix_ns == 0) throw SpanFault{Refusal::kTime, "its start time is missing"};
  if (std::max(span.start_unix_ns, span.end_unix_ns) > kLatest)
    throw SpanFault{Refusal::kTime, "its time is after the year 2262"};
  if (span.end_unix_ns >= span.start_unix_ns) return;
  span.end_unix_ns = span.start_unix_ns;
  ++turned_;
}

void RequestBuilder::add_scope(Span& span) {
  if (scope_ == nullptr) return;
  span.scope = scope_->name;
  if (scope_->version.empty() && scope_->attributes.empty()) return;
  std::pmr::vector<Attribute> own(std::move(span.attributes));
  span.attributes.clear();
  AttributeList all(span.attributes);
  for (const Attribute& attribute : own) all.set(attribute.key, attribute.value);
  if (!scope_->version.empty()) {
    count_part();
    all.set_if_absent("otel.scope.version", scope_->version);
  }
  for (const Attribute& attribute : scope_->attributes) {
    count_part();
    all.set_if_absent(attribute.key, attribute.value);
  }
}

void RequestBuilder::end_span(const SpanHead& head) {
  Span& span = request_.list.spans.back();
  if (!copy_id(head.trace_id, span.trace_id))
    throw SpanFault{Refusal::kTraceId, id_message("trace id", head.trace_id, kTraceIdSize)};
  if (!copy_id(head.span_id, span.span_id))
    throw SpanFault{Refusal::kSpanId, id_message("span id", head.span_id, kSpanIdSize)};
  const bool has_parent = copy_id(head.parent_span_id, span.parent_span_id);
  if (!has_parent && !head.parent_span_id.empty() && head.parent_span_id.size() != kSpanIdSize)
    throw SpanFault{Refusal::kParentSpanId,
                    id_message("parent span id", head.parent_span_id, kSpanIdSize)};
  check_times(span);
  span.kind = span_kind(head.kind);
  span.status = status_code(head.status);
  span.trace_flags = static_cast<uint8_t>(head.flags & 0xff);
  // An older SDK does not say where the parent is: what answers a request has it elsewhere.
  const bool answers = span.kind == SpanKind::kServer || span.kind == SpanKind::kConsumer;
  span.parent_remote =
      has_parent && ((head.flags & kHasIsRemote) != 0 ? (head.flags & kIsRemote) != 0 : answers);
  span.association = association_of(span, has_parent);
  const uint32_t room = std::numeric_limits<uint32_t>::max() - span.dropped_links;
  span.dropped_links += std::min(room, head.links_left_out);
  links_left_out_ += head.links_left_out;
  span.resource = resource_;
  add_scope(span);
}

void RequestBuilder::reject_span(const SpanFault& fault) {
  request_.list.spans.pop_back();
  ++request_.rejected;
  ++request_.rejections[fault.refusal];
  // Sentences are few; a sender that makes up ever new ones does not fill the memory.
  constexpr size_t kMostSentences = 8;
  if (faults_.size() < kMostSentences || faults_.contains(fault.message)) ++faults_[fault.message];
}

Event& RequestBuilder::add_event(Span& span) {
  count_part();
  return span.events.emplace_back(
      Event{0, {}, std::pmr::vector<Attribute>(&arena()), /*dropped_attributes=*/0});
}

Link RequestBuilder::begin_link() {
  count_part();
  return Link{{}, {}, {}, std::pmr::vector<Attribute>(&arena()), /*dropped_attributes=*/0};
}

void RequestBuilder::end_link(Span& span, SpanHead& span_head, Link&& link, const LinkHead& head) {
  if (!copy_id(head.trace_id, link.trace_id) || !copy_id(head.span_id, link.span_id)) {
    ++span_head.links_left_out;
    return;
  }
  link.remote = (head.flags & kHasIsRemote) == 0 || (head.flags & kIsRemote) != 0;
  span.links.push_back(std::move(link));
}

DecodedRequest RequestBuilder::finish() {
  std::string& message = request_.message;
  const uint64_t all = request_.rejected + request_.list.spans.size();
  if (request_.rejected > 0) {
    message = std::to_string(request_.rejected) + " of " + spans_text(all) + " rejected: ";
    std::string reasons;
    for (const auto& [sentence, count] : faults_)
      add_sentence(reasons, spans_text(count) + ": " + sentence);
    message += reasons;
  }
  if (turned_ > 0)
    add_sentence(message, spans_text(turned_) + " ended before the start: taken without duration");
  if (links_left_out_ > 0)
    add_sentence(message, std::to_string(links_left_out_) +
                              (links_left_out_ == 1 ? " link names no span: left out"
                                                    : " links name no span: left out"));
  return std::move(request_);
}

DecodedRequest RequestBuilder::refuse(RequestFault fault) {
  DecodedRequest request;
  request.fault = std::move(fault);
  return request;
}

}  // namespace seamtrace::collector
