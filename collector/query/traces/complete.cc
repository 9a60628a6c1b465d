#include "collector/query/traces/completion.h"
#include "collector/query/traces/text_position.h"
#include "collector/query/traces/traces.h"

namespace seamtrace::collector::traces {

QueryAnswer complete(StoreReader& store, const Question& question) {
  const auto query = question.text("query");
  if (!query) return bad_question(query.error());
  const auto position =
      question.number("position", utf16_position(*query, query->size()), 0, UINT32_MAX);
  if (!position) return bad_question(position.error());
  const auto last = question.period();
  if (!last) return bad_question(last.error());

  const WritingPlace place = find_place(*query, byte_position(*query, *position));
  const auto found = suggest(store, *query, place, *last);
  if (!found) return store_fault(found.error());
  nlohmann::json suggestions = nlohmann::json::array();
  for (const Suggestion& suggestion : *found)
    suggestions.push_back(
        {{"text", json_text(suggestion.text)}, {"detail", json_text(suggestion.detail)}});
  return ok_answer({{"from", utf16_position(*query, place.from)},
                    {"to", utf16_position(*query, place.to)},
                    {"suggestions", std::move(suggestions)}});
}

}  // namespace seamtrace::collector::traces
