#include <algorithm>

#include "collector/query/language/text_match.h"
#include "collector/query/traces/completion.h"

namespace seamtrace::collector::traces {
namespace {

/// What was typed of a key or a value: without the quote that opens it, and without backslashes.
std::string typed_text(std::string_view written) {
  const bool quoted = written.starts_with('"');
  if (quoted) written.remove_prefix(1);
  std::string text;
  for (size_t i = 0; i < written.size(); ++i) {
    if (quoted && written[i] == '"') break;
    if (written[i] == '\\' && i + 1 < written.size()) ++i;
    text += written[i];
  }
  return fold_case(text);
}

void place_within(WritingPlace& place, std::string_view query, const Part& part, size_t position) {
  place.from = part.begin;
  place.to = std::max(part.end, position);
  place.typed = typed_text(query.substr(part.begin, position - part.begin));
}

}  // namespace

WritingPlace find_place(std::string_view query, size_t position) {
  WritingPlace place{.from = position, .to = position, .typed = {}, .key = {}};
  for (const Word& word : split_words(query)) {
    if (position < word.begin || position > word.end) continue;
    const Part& first = word.operation.empty() ? word.value : word.key;
    place.has_operator = !word.operation.empty();
    if (position < first.begin) continue;  // before the minus sign
    if (position <= first.end || !place.has_operator) {
      place_within(place, query, first, position);
      place.to = std::max(place.to, word.operation.empty() ? word.end : first.end);
    } else if (position < word.value.begin) {
      place.within_operator = true;
    } else {
      place.is_value = true;
      place.key = word.key;
      place_within(place, query, word.value, position);
      place.to = std::max(place.to, word.end);
    }
    // The quote may lack its end because it is being written; the words behind it are none of it.
    if (word.fault == WordFault::kNoEnd) place.to = std::min(place.to, query.find(' ', position));
    break;
  }
  return place;
}

}  // namespace seamtrace::collector::traces
