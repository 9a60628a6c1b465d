#include "collector/interpret/sql/keywords.h"

#include <array>
#include <cstddef>

namespace seamtrace::collector {
namespace {

struct Entry {
  std::string_view word;  ///< in lower case
  Keyword keyword;
};

constexpr Entry kWords[] = {
    {"abort", Keyword::kBulk},
    {"aggregate", Keyword::kObject},
    {"alter", Keyword::kAlter},
    {"analyze", Keyword::kAnalyze},
    {"analyse", Keyword::kAnalyze},
    {"and", Keyword::kAnd},
    {"as", Keyword::kAs},
    {"between", Keyword::kBetween},
    {"call", Keyword::kCall},
    {"collation", Keyword::kObject},
    {"concurrently", Keyword::kConcurrently},
    {"copy", Keyword::kCopy},
    {"create", Keyword::kCreate},
    {"database", Keyword::kObject},
    {"default", Keyword::kValue},
    {"delayed", Keyword::kBulk},
    {"delete", Keyword::kDelete},
    {"distinct", Keyword::kDistinct},
    {"domain", Keyword::kObject},
    {"drop", Keyword::kDrop},
    {"else", Keyword::kValue},
    {"escape", Keyword::kValue},
    {"event", Keyword::kRoutine},
    {"except", Keyword::kEnd},
    {"exec", Keyword::kExecute},
    {"execute", Keyword::kExecute},
    {"exists", Keyword::kExists},
    {"explain", Keyword::kExplain},
    {"extension", Keyword::kObject},
    {"fail", Keyword::kBulk},
    {"false", Keyword::kFalse},
    {"fetch", Keyword::kEnd},
    {"for", Keyword::kFor},
    {"foreign", Keyword::kModifier},
    {"from", Keyword::kFrom},
    {"fulltext", Keyword::kModifier},
    {"function", Keyword::kRoutine},
    {"glob", Keyword::kValue},
    {"global", Keyword::kModifier},
    {"group", Keyword::kEnd},
    {"having", Keyword::kEnd},
    {"high_priority", Keyword::kBulk},
    {"if", Keyword::kIf},
    {"ignore", Keyword::kBulk},
    {"ilike", Keyword::kValue},
    {"in", Keyword::kIn},
    {"index", Keyword::kObject},
    {"insert", Keyword::kInsert},
    {"intersect", Keyword::kEnd},
    {"into", Keyword::kInto},
    {"is", Keyword::kIs},
    {"join", Keyword::kJoin},
    {"lateral", Keyword::kOnly},
    {"like", Keyword::kValue},
    {"limit", Keyword::kEnd},
    {"local", Keyword::kModifier},
    {"low_priority", Keyword::kBulk},
    {"match", Keyword::kValue},
    {"materialized", Keyword::kModifier},
    {"merge", Keyword::kMerge},
    {"not", Keyword::kNot},
    {"offset", Keyword::kEnd},
    {"on", Keyword::kOn},
    {"only", Keyword::kOnly},
    {"or", Keyword::kModifier},
    {"order", Keyword::kEnd},
    {"overwrite", Keyword::kBulk},
    {"package", Keyword::kRoutine},
    {"policy", Keyword::kObject},
    {"procedure", Keyword::kRoutine},
    {"publication", Keyword::kObject},
    {"quick", Keyword::kBulk},
    {"recursive", Keyword::kModifier},
    {"refresh", Keyword::kAlter},
    {"regexp", Keyword::kValue},
    {"replace", Keyword::kReplace},
    {"returning", Keyword::kEnd},
    {"role", Keyword::kObject},
    {"rollback", Keyword::kBulk},
    {"schema", Keyword::kObject},
    {"select", Keyword::kSelect},
    {"sequence", Keyword::kObject},
    {"server", Keyword::kObject},
    {"set", Keyword::kSet},
    {"spatial", Keyword::kModifier},
    {"start", Keyword::kStart},
    {"statistics", Keyword::kObject},
    {"straight_join", Keyword::kJoin},
    {"subscription", Keyword::kObject},
    {"table", Keyword::kTable},
    {"tablespace", Keyword::kObject},
    {"temp", Keyword::kModifier},
    {"temporary", Keyword::kModifier},
    {"then", Keyword::kValue},
    {"transaction", Keyword::kTransaction},
    {"trigger", Keyword::kRoutine},
    {"true", Keyword::kTrue},
    {"truncate", Keyword::kTruncate},
    {"type", Keyword::kObject},
    {"union", Keyword::kEnd},
    {"unique", Keyword::kModifier},
    {"unlogged", Keyword::kModifier},
    {"update", Keyword::kUpdate},
    {"use", Keyword::kUse},
    {"user", Keyword::kObject},
    {"using", Keyword::kUsing},
    {"values", Keyword::kValues},
    {"view", Keyword::kObject},
    {"virtual", Keyword::kModifier},
    {"when", Keyword::kValue},
    {"where", Keyword::kEnd},
    {"window", Keyword::kEnd},
    {"with", Keyword::kWith},
};

constexpr size_t kLongest = 13;
constexpr size_t kBuckets = 512;

constexpr unsigned lower(char c) { return static_cast<unsigned char>(c) | 0x20u; }

constexpr size_t bucket_of(std::string_view word) {
  return (lower(word[0]) * 31 + lower(word[word.size() / 2]) * 7 + lower(word.back()) * 131 +
          word.size() * 57) %
         kBuckets;
}

/// The first entry of each bucket, and for each entry the next one of its bucket. 0: none.
struct Index {
  std::array<uint8_t, kBuckets> first{};
  std::array<uint8_t, std::size(kWords) + 1> next{};
};

constexpr Index make_index() {
  Index index;
  for (size_t i = 0; i < std::size(kWords); ++i) {
    const size_t bucket = bucket_of(kWords[i].word);
    index.next[i + 1] = index.first[bucket];
    index.first[bucket] = static_cast<uint8_t>(i + 1);
  }
  return index;
}
constexpr Index kIndex = make_index();
static_assert(std::size(kWords) < 255);

bool same(std::string_view word, std::string_view lower_case) {
  if (word.size() != lower_case.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    // `_` is the only character in the table that is not a letter, and it has the bit too.
    const bool letter = (word[i] >= 'A' && word[i] <= 'Z') || word[i] == lower_case[i];
    if (!letter || lower(word[i]) != lower(lower_case[i])) return false;
  }
  return true;
}

}  // namespace

Keyword keyword_of(std::string_view word) {
  if (word.size() < 2 || word.size() > kLongest) return Keyword::kNone;
  for (uint8_t i = kIndex.first[bucket_of(word)]; i != 0; i = kIndex.next[i])
    if (same(word, kWords[i - 1].word)) return kWords[i - 1].keyword;
  return Keyword::kNone;
}

}  // namespace seamtrace::collector
