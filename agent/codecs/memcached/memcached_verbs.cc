// The table of memcached_verbs.h.
#include "agent/codecs/memcached/memcached_verbs.h"

namespace seamtrace::agent::codecs::memcached {
namespace {

using enum MemcachedVerb;

struct Row {
  std::string_view name;
  uint64_t hash;
  MemcachedVerb verb;

  constexpr Row(std::string_view text, MemcachedVerb meaning)
      : name(text), hash(hash_bytes(text)), verb(meaning) {}
};

// The most usual first.
constexpr Row kRows[] = {
    {"get", kGet},
    {"set", kStore},
    {"mg", kMetaGet},
    {"gets", kGet},
    {"delete", kDelete},
    {"add", kStore},
    {"cas", kCas},
    {"incr", kArithmetic},
    {"ms", kMetaSet},
    {"md", kMetaDelete},
    {"ma", kMetaArithmetic},
    {"mn", kMetaNoOp},
    {"touch", kTouch},
    {"decr", kArithmetic},
    {"gat", kTouchingGet},
    {"gats", kTouchingGet},
    {"replace", kStore},
    {"append", kStore},
    {"prepend", kStore},
    {"me", kMetaDebug},
    {"stats", kStats},
    {"version", kVersion},
    {"quit", kQuit},
    {"flush_all", kSetting},
    {"verbosity", kSetting},
    {"cache_memlimit", kSetting},
    {"slabs", kAdminister},
    {"lru", kAdminister},
    {"lru_crawler", kCrawler},
    {"watch", kWatch},
    {"shutdown", kShutdown},
};

}  // namespace

MemcachedVerb find_memcached_verb(uint64_t name) {
  for (const Row& row : kRows)
    if (row.hash == name) return row.verb;
  return kUnknown;
}

bool begins_memcached_verb(std::string_view beginning) {
  for (const Row& row : kRows)
    if (begins_with(row.name, beginning)) return true;
  return false;
}

}  // namespace seamtrace::agent::codecs::memcached
