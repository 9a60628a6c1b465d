#include "cli/query_source.h"

#include <cstdio>

#include "cli/json_answer.h"
#include "cli/terminal/text_width.h"

namespace seamtrace::cli {

using collector::QueryAnswer;
using collector::Result;

std::string explain(const QueryAnswer& answer, const std::string& query) {
  std::string sentence = text(answer.body, "error");
  if (sentence.empty()) sentence = "the answer has status " + std::to_string(answer.status);
  std::string out = "seamtrace: " + sentence + "\n";
  if (query.empty() || !member(answer.body, "position").is_number()) return out;
  const size_t position = std::min<size_t>(number(answer.body, "position"), query.size());
  const size_t length = std::min<size_t>(number(answer.body, "length"), query.size() - position);
  const std::string before = printable(query.substr(0, position));
  const std::string fault = printable(query.substr(position, length));
  out += "  " + before + fault + printable(query.substr(position + length)) + "\n";
  out += "  " + std::string(text_width(before), ' ') +
         std::string(std::max<size_t>(text_width(fault), 1), '^') + "\n";
  return out;
}

bool answered(const Result<QueryAnswer>& answer, const std::string& query) {
  if (answer && answer->status == 200) return true;
  const std::string words =
      answer ? explain(*answer, query) : "seamtrace: " + printable(answer.error().message) + "\n";
  std::fputs(words.c_str(), stderr);
  return false;
}

std::string json_line(const nlohmann::json& object, bool for_terminal) {
  return object.dump(-1, ' ', for_terminal, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace seamtrace::cli
