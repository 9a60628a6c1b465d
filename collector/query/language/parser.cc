#include "collector/query/language/parser.h"

#include <algorithm>

#include "collector/query/question.h"

namespace seamtrace::collector {
namespace {

constexpr BuiltInKey kBuiltIn[] = {
    {"service", Field::kService, "service=gateway", "the span's service"},
    {"operation", Field::kName, "operation=\"GET /cart\"", "the span's name"},
    {"name", Field::kName, "name=\"GET /cart\"", "the span's name"},
    {"kind", Field::kKind, "kind=client", "server, client, producer, consumer or internal"},
    {"status", Field::kStatus, "status=error", "unset, ok or error"},
    {"duration", Field::kDuration, "duration>200ms", "the span's duration"},
    {"peer", Field::kPeer, "peer=redis", "the other end of a client span"},
    {"peer.id", Field::kPeerId, "peer.id=service:shop", "the other end's id on the map"},
    {"association", Field::kAssociation, "association=inferred", "how the parent was found"},
    {"trace.duration", Field::kTraceDuration, "trace.duration>1s", "the whole trace's duration"},
    {"trace.spans", Field::kTraceSpans, "trace.spans>100", "spans in the trace"},
    {"trace.errors", Field::kTraceErrors, "trace.errors>0", "failed spans in the trace"},
    {"root.service", Field::kRootService, "root.service=web", "the service that began the trace"},
    {"root.name", Field::kRootName, "root.name=\"GET /\"", "the name of the trace's first span"},
    {"trace", Field::kTraceId, "trace=4bf92f35", "the trace's id, or how it begins"},
};

std::string_view fault_sentence(WordFault fault) {
  switch (fault) {
    case WordFault::kNoEnd:
      return "This quote has no end; write a second one, and \\\" for a quote within quotes";
    case WordFault::kGlued:
      return "A space must follow the closing quote";
    case WordFault::kNoKey:
      return "There is no name before this operator; write name=value without spaces, and put "
             "text to search for in quotes";
    case WordFault::kNoValue:
      return "There is no value after this operator; write one without a space before it, as in "
             "duration>200ms, or \"\" for an empty one";
    case WordFault::kNothing:
      return "A minus sign stands right before what it negates, as in -status=error";
    case WordFault::kBadOperator:
      return "The operators are =, !=, <, <=, >, >=, ~ and !~; a value that begins with one of "
             "these signs is put in quotes";
    case WordFault::kNone:
      break;
  }
  return {};
}

SyntaxError fault_of(const Word& word) {
  const auto sentence = std::string(fault_sentence(word.fault));
  const size_t after_operator = word.operator_begin + word.operation.size();
  switch (word.fault) {
    case WordFault::kNoEnd:
      return {word.value.begin, word.value.end - word.value.begin, sentence};
    case WordFault::kGlued:
      return {word.value.end, word.end - word.value.end, sentence};
    case WordFault::kNoKey:
    case WordFault::kNoValue:
      return {word.operator_begin, word.operation.size(), sentence};
    case WordFault::kBadOperator:
      return {word.operator_begin, after_operator + 1 - word.operator_begin, sentence};
    default:
      return {word.begin, word.end - word.begin, sentence};
  }
}

/// One word. Sets `problem` and returns early where it makes no sense.
class WordParser {
 public:
  explicit WordParser(const Word& word) : word_(word) {}

  std::variant<Condition, SyntaxError> parse() {
    if (word_.fault != WordFault::kNone) return fault_of(word_);
    condition_.negated = word_.negated;
    read_field();
    read_operation();
    if (!error_) read_value();
    if (error_) return *error_;
    return std::move(condition_);
  }

 private:
  void fail(const Part& part, std::string message) {
    if (!error_) error_ = {part.begin, part.end - part.begin, std::move(message)};
  }
  void fail_operator(std::string message) {
    if (!error_) error_ = {word_.operator_begin, word_.operation.size(), std::move(message)};
  }

  void read_field() {
    if (word_.operation.empty()) return;
    condition_.key = word_.key.text();
    const auto field = built_in_field(word_.key);
    condition_.field = field.value_or(Field::kAttribute);
    if (field || word_.key.quoted) return;
    if (condition_.key.starts_with("trace.") || condition_.key.starts_with("root."))
      fail(word_.key,
           "There is no such word; there are trace.duration, trace.spans, trace.errors, "
           "root.service and root.name (an attribute of this name is put in quotes)");
  }

  void read_operation() {
    const std::string_view operation = word_.operation;
    condition_.unlike = operation.starts_with('!');
    if (operation == "<") condition_.comparison = Comparison::kLess;
    if (operation == "<=") condition_.comparison = Comparison::kLessEqual;
    if (operation == ">") condition_.comparison = Comparison::kGreater;
    if (operation == ">=") condition_.comparison = Comparison::kGreaterEqual;
    if (operation == "=" || operation == "!=") condition_.comparison = Comparison::kEqual;
  }

  bool is_order() const {
    return condition_.comparison != Comparison::kEqual &&
           condition_.comparison != Comparison::kContains;
  }

  void read_value() {
    const std::string text = word_.value.text();
    condition_.text = fold_case(text);
    condition_.pattern = Pattern(word_.value.pieces);
    switch (condition_.field) {
      case Field::kAttribute:
        if (!word_.value.quoted && !condition_.pattern.has_star())
          condition_.number = parse_number(text);
        return;
      case Field::kDuration:
      case Field::kTraceDuration:
        return read_number(parse_duration(text),
                           "A duration is a number with a unit (ns, us, ms, s, m or h), as in "
                           "duration>200ms; without a unit it is in milliseconds");
      case Field::kTraceSpans:
      case Field::kTraceErrors:
        return read_number(parse_number(text), "This must be a number, as in trace.spans>100");
      case Field::kKind:
        return read_kind();
      case Field::kStatus:
        return read_status();
      case Field::kTraceId:
        return read_trace_id();
      default:
        if (is_order()) fail_operator("This has no order; use =, !=, ~ or !~");
    }
  }

  void read_number(std::optional<Number> number, const char* sentence) {
    if (condition_.comparison == Comparison::kContains)
      return fail_operator("This is a number; use =, !=, <, <=, > or >=");
    condition_.number = number;
    if (!number) fail(word_.value, sentence);
  }

  bool needs_equal() {
    if (condition_.comparison != Comparison::kEqual) fail_operator("Use = or != here");
    return condition_.comparison == Comparison::kEqual;
  }

  void read_kind() {
    if (!needs_equal()) return;
    const auto kind = kind_named(condition_.text);
    if (kind) condition_.kind = *kind;
    if (!kind) fail(word_.value, "A kind is server, client, producer, consumer or internal");
  }

  void read_status() {
    if (!needs_equal()) return;
    const auto status = status_named(condition_.text);
    if (status) condition_.status = *status;
    if (!status)
      fail(word_.value,
           "A status is unset, ok or error; HTTP's is http.response.status_code, as in "
           "http.response.status_code>=500");
  }

  void read_trace_id() {
    if (!needs_equal()) return;
    const std::string& text = condition_.text;
    const bool hex = text.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!hex || text.size() < 8 || text.size() > 32)
      fail(word_.value, "A trace's id has 32 hexadecimal digits; its first 8 or more will do");
  }

  const Word& word_;
  Condition condition_;
  std::optional<SyntaxError> error_;
};

}  // namespace

std::variant<Query, SyntaxError> parse_query(std::string_view text) {
  Query query;
  const std::vector<Word> words = split_words(text);
  for (const Word& word : words) {
    if (query.conditions.size() == kMostConditions)
      return SyntaxError{
          word.begin, text.size() - word.begin,
          "A query has at most " + std::to_string(kMostConditions) + " words; leave out the rest"};
    auto parsed = WordParser(word).parse();
    if (auto* error = std::get_if<SyntaxError>(&parsed)) return std::move(*error);
    query.conditions.push_back(std::move(std::get<Condition>(parsed)));
  }
  std::stable_sort(query.conditions.begin(), query.conditions.end(),
                   [](const Condition& a, const Condition& b) { return a.field < b.field; });
  return query;
}

std::span<const BuiltInKey> built_in_keys() { return kBuiltIn; }

std::optional<Field> built_in_field(const Part& key) {
  if (key.quoted) return std::nullopt;
  const std::string name = fold_case(key.text());
  for (const BuiltInKey& known : kBuiltIn)
    if (known.name == name) return known.field;
  return std::nullopt;
}

}  // namespace seamtrace::collector
