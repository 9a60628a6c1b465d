#include "collector/query/language/span_match.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "collector/process/resource.h"
#include "collector/query/question.h"
#include "collector/store/peer.h"

namespace seamtrace::collector {
namespace {

bool in_order(Comparison comparison, int order) {
  switch (comparison) {
    case Comparison::kEqual:
      return order == 0;
    case Comparison::kLess:
      return order == -1;
    case Comparison::kLessEqual:
      return order == -1 || order == 0;
    case Comparison::kGreater:
      return order == 1;
    case Comparison::kGreaterEqual:
      return order == 1 || order == 0;
    case Comparison::kContains:
      break;
  }
  return false;
}

bool compares_text(const Condition& condition, std::string_view text) {
  if (condition.comparison == Comparison::kContains) return contains_folded(text, condition.text);
  if (condition.comparison == Comparison::kEqual && condition.pattern.matches(text)) return true;
  if (condition.number) {
    const auto number = parse_plain_number(text);
    return number && in_order(condition.comparison, compare(*number, *condition.number));
  }
  return condition.comparison != Comparison::kEqual &&
         in_order(condition.comparison, compare_folded(text, condition.text));
}

template <typename T>
bool compares_number(const Condition& condition, T value) {
  if (condition.number && condition.comparison != Comparison::kContains)
    return in_order(condition.comparison, compare(Number::of(value), *condition.number));
  if (condition.comparison != Comparison::kContains && condition.comparison != Comparison::kEqual)
    return false;
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return compares_text(condition, {digits.data(), static_cast<size_t>(end - digits.data())});
}

bool compares_value(const Condition& condition, const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value))
    return compares_text(condition, *text);
  if (const auto* integer = std::get_if<int64_t>(&value))
    return compares_number(condition, *integer);
  if (const auto* real = std::get_if<double>(&value)) return compares_number(condition, *real);
  if (const auto* boolean = std::get_if<bool>(&value)) {
    const bool order =
        condition.comparison != Comparison::kEqual && condition.comparison != Comparison::kContains;
    return !order && compares_text(condition, *boolean ? "true" : "false");
  }
  const auto elements = std::get<std::span<const std::string_view>>(value);
  return std::any_of(elements.begin(), elements.end(),
                     [&](std::string_view element) { return compares_text(condition, element); });
}

/// `there`: the span has what the condition is about. `compares`: so it is, but for the signs.
bool with_signs(const Condition& condition, bool there, bool compares) {
  const bool holds = condition.unlike ? there && !compares : compares;
  return holds != condition.negated;
}

bool any_value(const Condition& condition, std::span<const Attribute> attributes) {
  return std::any_of(attributes.begin(), attributes.end(), [&](const Attribute& attribute) {
    return compares_value(condition, attribute.value);
  });
}

std::string_view service_of(const Span& span) {
  return span.resource == nullptr ? std::string_view{} : span.resource->service_name();
}

bool has_text(const Condition& condition, const Span& span) {
  if (compares_text(condition, span.name) || compares_text(condition, service_of(span)) ||
      compares_text(condition, span.status_message) || any_value(condition, span.attributes))
    return true;
  return std::any_of(span.events.begin(), span.events.end(), [&](const Event& event) {
    return compares_text(condition, event.name) || any_value(condition, event.attributes);
  });
}

/// What the tracer noted; of a span that came from elsewhere only whether it has a parent is
/// known.
std::string_view association_of(const Span& span) {
  for (const Attribute& attribute : span.attributes)
    if (attribute.key == "seamtrace.parent.association")
      if (const auto* text = std::get_if<std::string_view>(&attribute.value)) return *text;
  const bool unknown =
      span.association == wire::Association::kRoot && span.parent_span_id != SpanId{};
  return unknown ? std::string_view{} : association_name(span.association);
}

bool is_peer(const Condition& condition, const Node& node) {
  for (const std::string_view text :
       {std::string_view(node.system), std::string_view(node.name), node_kind_name(node.kind)}) {
    if (condition.pattern.has_star() ? compares_text(condition, text)
                                     : contains_folded(text, condition.text))
      return true;
  }
  return false;
}

bool holds_for_peer(const Condition& condition, const Span& span, const PeerFinder& peers) {
  const Node told = peer_of(span);
  const std::string_view answering = peers.answering_service(span);
  const Node service{NodeKind::kService, "", std::string(answering)};
  const bool compares = (told.kind != NodeKind::kNone && is_peer(condition, told)) ||
                        (!answering.empty() && is_peer(condition, service));
  return with_signs(condition, told.kind != NodeKind::kNone || !answering.empty(), compares);
}

bool holds_for_peer_id(const Condition& condition, const Span& span, const PeerFinder& peers) {
  const Node node = peers.peer(span);
  const bool there = node.kind != NodeKind::kNone;
  return with_signs(condition, there, there && compares_text(condition, node_id(node)));
}

}  // namespace

const Value* find_attribute(const Span& span, std::string_view key) {
  for (const Attribute& attribute : span.attributes)
    if (attribute.key == key) return &attribute.value;
  if (span.resource == nullptr) return nullptr;
  for (const Attribute& attribute : span.resource->attributes())
    if (attribute.key == key) return &attribute.value;
  return nullptr;
}

bool holds_for_text(const Condition& condition, std::string_view text) {
  return with_signs(condition, true, compares_text(condition, text));
}

bool holds_for_number(const Condition& condition, const Number& number) {
  return with_signs(condition, true,
                    in_order(condition.comparison, compare(number, *condition.number)));
}

bool holds_for_kind(const Condition& condition, SpanKind kind) {
  return with_signs(condition, true, kind == condition.kind);
}

bool holds_for_status(const Condition& condition, StatusCode status) {
  return with_signs(condition, true, status == condition.status);
}

bool holds_for_span(const Condition& condition, const Span& span, const PeerFinder* peers) {
  switch (condition.field) {
    case Field::kStatus:
      return holds_for_status(condition, span.status);
    case Field::kKind:
      return holds_for_kind(condition, span.kind);
    case Field::kDuration: {
      const uint64_t duration = duration_ns(span.start_unix_ns, span.end_unix_ns);
      return holds_for_number(condition, Number::of(static_cast<int64_t>(duration)));
    }
    case Field::kService:
      return holds_for_text(condition, service_of(span));
    case Field::kName:
      return holds_for_text(condition, span.name);
    case Field::kAssociation: {
      const std::string_view association = association_of(span);
      return with_signs(condition, !association.empty(),
                        !association.empty() && compares_text(condition, association));
    }
    case Field::kAttribute: {
      const Value* value = find_attribute(span, condition.key);
      return with_signs(condition, value != nullptr,
                        value != nullptr && compares_value(condition, *value));
    }
    case Field::kPeer:
      return holds_for_peer(condition, span, *peers);
    case Field::kPeerId:
      return holds_for_peer_id(condition, span, *peers);
    case Field::kText:
      return with_signs(condition, true, has_text(condition, span));
    default:
      return true;
  }
}

}  // namespace seamtrace::collector
