#include "collector/query/language/lexer.h"

#include <array>

namespace seamtrace::collector {
namespace {

// Longer ones first.
constexpr std::array<std::string_view, 8> kOperators = {"!=", "!~", "<=", ">=", "=", "<", ">", "~"};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view operator_at(std::string_view text, size_t at) {
  for (const std::string_view operation : kOperators)
    if (text.substr(at).starts_with(operation)) return text.substr(at, operation.size());
  return {};
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Word> words() {
    std::vector<Word> words;
    for (skip_spaces(); at_ < text_.size(); skip_spaces()) words.push_back(word());
    return words;
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool at_word_end() const { return at_ == text_.size() || is_space(text_[at_]); }

  Word word() {
    Word word;
    word.begin = at_;
    if (text_[at_] == '-') {
      word.negated = true;
      ++at_;
    }
    read(word);
    while (!at_word_end()) ++at_;
    word.end = at_;
    return word;
  }

  void read(Word& word) {
    word.value = part(/*stops_at_operator=*/true, word.fault);
    word.operator_begin = at_;
    if (word.fault != WordFault::kNone) return;
    word.operation = operator_at(text_, at_);
    if (word.operation.empty()) {
      if (word.value.empty()) word.fault = WordFault::kNothing;
      if (!at_word_end()) word.fault = WordFault::kGlued;
      return;
    }
    word.key = std::move(word.value);
    at_ += word.operation.size();
    const bool doubled = !operator_at(text_, at_).empty();
    word.value = part(/*stops_at_operator=*/false, word.fault);
    if (word.key.empty()) word.fault = WordFault::kNoKey;
    if (doubled) word.fault = WordFault::kBadOperator;
    if (word.fault != WordFault::kNone) return;
    if (word.value.empty()) word.fault = WordFault::kNoValue;
    if (!at_word_end()) word.fault = WordFault::kGlued;
  }

  Part part(bool stops_at_operator, WordFault& fault) {
    Part part;
    part.begin = at_;
    if (at_ < text_.size() && text_[at_] == '"') {
      quoted(part, fault);
    } else {
      while (!at_word_end() && !(stops_at_operator && !operator_at(text_, at_).empty()))
        letter(part, /*escapes=*/"*");
    }
    part.end = at_;
    return part;
  }

  void quoted(Part& part, WordFault& fault) {
    part.quoted = true;
    for (++at_; at_ < text_.size() && text_[at_] != '"';) letter(part, /*escapes=*/"\"\\*");
    if (at_ == text_.size()) {
      fault = WordFault::kNoEnd;
      return;
    }
    ++at_;
  }

  void letter(Part& part, std::string_view escapes) {
    if (text_[at_] == '\\' && at_ + 1 < text_.size() &&
        escapes.find(text_[at_ + 1]) != std::string_view::npos) {
      part.pieces.back() += text_[at_ + 1];
      at_ += 2;
    } else if (text_[at_] == '*') {
      part.pieces.emplace_back();
      ++at_;
    } else {
      part.pieces.back() += text_[at_++];
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::string Part::text() const {
  std::string text = pieces.front();
  for (size_t i = 1; i < pieces.size(); ++i) text.append("*").append(pieces[i]);
  return text;
}

std::vector<Word> split_words(std::string_view text) { return Lexer(text).words(); }

std::string quote_value(std::string_view text) {
  const bool plain = !text.empty() && text.find_first_of(" \t\r\n\"\\*=<>~!") == text.npos;
  if (plain) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '*') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace seamtrace::collector
