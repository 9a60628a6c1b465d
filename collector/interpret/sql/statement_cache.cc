#include "collector/interpret/sql/statement_cache.h"

#include <cstring>

namespace seamtrace::collector {
namespace {

/// Eight bytes at a time. A statement that is meant to collide costs its sender's spans a digest.
uint64_t hash_of(std::string_view text) {
  constexpr uint64_t kFactor = 0x9E37'79B9'7F4A'7C15u;
  uint64_t hash = text.size() * kFactor;
  const auto mix = [&](uint64_t word) {
    hash = (hash ^ word) * kFactor;
    hash ^= hash >> 29;
  };
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    mix(word);
  }
  uint64_t word = 0;
  if (i < text.size()) std::memcpy(&word, text.data() + i, text.size() - i);
  mix(word);
  return hash ^ (hash >> 32);
}

}  // namespace

const SqlDigest& StatementCache::digest(Dialect dialect, std::string_view statement,
                                        bool truncated) {
  if (statement.size() > kLongest) {
    digest_sql(dialect, statement, truncated, scratch_);
    return scratch_;
  }
  if (entries_ == nullptr) entries_ = std::make_unique<Entry[]>(kEntries);
  const uint64_t hash = hash_of(statement);
  Entry& entry = entries_[hash % kEntries];
  if (entry.hash == hash && entry.dialect == dialect && entry.truncated == truncated &&
      entry.statement == statement)
    return entry.digest;
  digest_sql(dialect, statement, truncated, entry.digest);
  entry.hash = hash;
  entry.dialect = dialect;
  entry.truncated = truncated;
  entry.statement = statement;
  return entry.digest;
}

}  // namespace seamtrace::collector
