#include <algorithm>
#include <map>
#include <set>

#include "collector/query/language/parser.h"
#include "collector/query/language/text_match.h"
#include "collector/query/peer_finder.h"
#include "collector/query/question.h"
#include "collector/query/traces/completion.h"

namespace seamtrace::collector::traces {
namespace {

constexpr size_t kMostSuggestions = 30;
constexpr size_t kMostValues = 200;
/// A longer value is of no use in a list to choose from.
constexpr size_t kLongestValue = 200;

struct OperatorName {
  std::string_view text;
  std::string_view about;
};
constexpr OperatorName kOperators[] = {
    {"=", "is"},           {"!=", "is not"},  {">", "is more than"}, {">=", "is at least"},
    {"<", "is less than"}, {"<=", "at most"}, {"~", "contains"},     {"!~", "does not contain"}};

constexpr std::string_view kDurations[] = {"10ms", "100ms", "500ms", "1s", "10s"};
constexpr std::string_view kAssociations[] = {"root",    "remote",   "exact",       "handoff",
                                              "runtime", "inferred", "environment", "adopted"};

bool takes_numbers(Field field) {
  return field == Field::kDuration || field == Field::kTraceDuration ||
         field == Field::kTraceSpans || field == Field::kTraceErrors;
}

bool takes_operator(Field field, std::string_view operation) {
  const bool equal = operation == "=" || operation == "!=";
  const bool contains = operation.ends_with('~');
  if (field == Field::kAttribute || equal) return true;
  if (takes_numbers(field)) return !contains;
  const bool names = field == Field::kKind || field == Field::kStatus || field == Field::kTraceId;
  return contains && !names;
}

/// A key as it must be written to mean the attribute.
std::string written_key(const std::string& key) {
  Part part;
  part.pieces = {key};
  const bool taken = built_in_field(part) || key.starts_with("trace.") ||
                     key.starts_with("root.") || key.starts_with('-');
  const std::string quoted = quote_value(key);
  return taken && quoted == key ? "\"" + key + "\"" : quoted;
}

class Suggester {
 public:
  Suggester(StoreReader& store, std::string_view query, const WritingPlace& place, TimeRange last)
      : store_(store), query_(query), place_(place), last_(last) {}

  Result<std::vector<Suggestion>> run() {
    if (!place_.within_operator) place_.is_value ? suggest_values() : suggest_keys();
    if (error_) return *error_;
    begins_.insert(begins_.end(), contains_.begin(), contains_.end());
    if (begins_.size() > kMostSuggestions) begins_.resize(kMostSuggestions);
    return std::move(begins_);
  }

 private:
  /// Those that begin with what was typed stand before those that have it elsewhere.
  void offer(std::string_view candidate, std::string text, std::string_view detail) {
    if (!contains_folded(candidate, place_.typed) || !seen_.insert(text).second) return;
    const bool begins = fold_case(candidate).starts_with(place_.typed);
    (begins ? begins_ : contains_).push_back({std::move(text), std::string(detail)});
  }
  void offer_value(std::string_view value, std::string_view detail) {
    if (value.size() > kLongestValue || value.empty()) return;
    offer(value, quote_value(value), detail);
  }

  template <typename T>
  T value_or_error(Result<T> result) {
    if (result) return std::move(*result);
    error_ = result.error();
    return {};
  }

  void suggest_keys() {
    const auto attributes = value_or_error(store_.attribute_keys());
    suggest_operators(attributes);
    for (const BuiltInKey& key : built_in_keys()) {
      const std::string_view operation = takes_numbers(key.field) ? ">" : "=";
      offer(key.name, std::string(key.name) + ending(operation), key.about);
    }
    for (const std::string& key : attributes)
      if (key.size() <= kLongestValue) offer(key, written_key(key) + ending("="), "attribute");
    if (place_.typed.size() < 2 || place_.has_operator) return;
    for (const std::string& service : services())
      offer(service, "service=" + quote_value(service), "service");
    for (const auto& [name, service] : operations(""))
      if (name.size() <= kLongestValue) offer(name, "operation=" + quote_value(name), service);
  }

  std::string ending(std::string_view operation) const {
    return place_.has_operator ? "" : std::string(operation);
  }

  /// Behind a key that stands there wholly.
  void suggest_operators(const std::vector<std::string>& attributes) {
    if (place_.has_operator || place_.typed.empty()) return;
    Part part;
    part.pieces = {place_.typed};
    std::optional<Field> field = built_in_field(part);
    std::string key = place_.typed;
    for (const std::string& attribute : attributes) {
      if (field || fold_case(attribute) != place_.typed) continue;
      field = Field::kAttribute;
      key = written_key(attribute);
    }
    if (!field) return;
    for (const OperatorName& operation : kOperators)
      if (takes_operator(*field, operation.text))
        offer(place_.typed, key + std::string(operation.text), operation.about);
  }

  void suggest_values() {
    const auto field = built_in_field(place_.key);
    switch (field.value_or(Field::kAttribute)) {
      case Field::kService:
      case Field::kRootService:
        for (const std::string& service : services()) offer_value(service, "service");
        return;
      case Field::kName:
        return suggest_operations(chosen_service());
      case Field::kRootName:
        return suggest_operations("");
      case Field::kKind:
        for (const uint8_t kind : {2, 3, 4, 5, 1})
          offer_value(kind_name(static_cast<SpanKind>(kind)), "kind");
        return;
      case Field::kStatus:
        for (const uint8_t status : {2, 1, 0})
          offer_value(status_name(static_cast<StatusCode>(status)), "status");
        return;
      case Field::kAssociation:
        for (const std::string_view name : kAssociations) offer_value(name, "association");
        return;
      case Field::kDuration:
      case Field::kTraceDuration:
        for (const std::string_view duration : kDurations) offer_value(duration, "duration");
        return;
      case Field::kPeer:
        return suggest_peers();
      case Field::kPeerId:
        for (const Node& node : peers()) offer_value(node_id(node), node_kind_name(node.kind));
        return;
      case Field::kAttribute:
        for (const std::string& value :
             value_or_error(store_.attribute_values(place_.key.text(), kMostValues)))
          offer_value(value, "value");
        return;
      default:
        return;
    }
  }

  void suggest_operations(const std::string& service) {
    for (const auto& [name, of_service] : operations(service)) offer_value(name, of_service);
  }

  void suggest_peers() {
    for (const NodeKind kind : {NodeKind::kDatabase, NodeKind::kCache, NodeKind::kQueue,
                                NodeKind::kExternal, NodeKind::kService})
      offer_value(node_kind_name(kind), "any of this kind");
    for (const Node& node : peers()) offer_value(node.name, node_kind_name(node.kind));
  }

  std::set<Node> peers() {
    std::set<Node> nodes;
    for (const EdgeRollup& edge : value_or_error(store_.edges(last_))) nodes.insert(edge.to);
    return nodes;
  }

  /// Those of the last traces, and those that were busy of late.
  std::vector<std::string> services() {
    auto names = value_or_error(store_.attribute_values("service.name", kMostValues));
    std::set<std::string> known(names.begin(), names.end());
    for (const Rollup& rollup : rollups(""))
      if (known.insert(rollup.operation.service).second) names.push_back(rollup.operation.service);
    return names;
  }

  /// Name and service, the most frequent first.
  std::vector<std::pair<std::string, std::string>> operations(const std::string& service) {
    std::map<std::pair<std::string, std::string>, uint64_t> counts;
    for (const Rollup& rollup : rollups(service))
      counts[{rollup.operation.name, rollup.operation.service}] += rollup.count;
    std::vector<std::pair<std::string, std::string>> names;
    names.reserve(counts.size());
    for (const auto& [name, count] : counts) names.push_back(name);
    std::stable_sort(names.begin(), names.end(),
                     [&](const auto& a, const auto& b) { return counts.at(a) > counts.at(b); });
    return names;
  }

  std::vector<Rollup> rollups(const std::string& service) {
    auto last = value_or_error(store_.rollups(last_, service));
    return last.empty() && !error_ ? value_or_error(store_.rollups({}, service)) : last;
  }

  /// The one that another word of the query asks for; empty: none, or a pattern.
  std::string chosen_service() const {
    for (const Word& word : split_words(query_))
      if (word.operation == "=" && !word.negated && word.value.pieces.size() == 1 &&
          built_in_field(word.key) == Field::kService)
        return word.value.text();
    return {};
  }

  StoreReader& store_;
  std::string_view query_;
  const WritingPlace& place_;
  TimeRange last_;
  std::optional<Error> error_;
  std::vector<Suggestion> begins_, contains_;
  std::set<std::string> seen_;
};

}  // namespace

Result<std::vector<Suggestion>> suggest(StoreReader& store, std::string_view query,
                                        const WritingPlace& place, TimeRange last) {
  return Suggester(store, query, place, last).run();
}

}  // namespace seamtrace::collector::traces
