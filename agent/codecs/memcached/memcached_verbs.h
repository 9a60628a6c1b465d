// MemcachedVerb: what a codec must know of a command to pair it.
// Path:    inside [codecs/memcached]
// Memory:  names are compared by hash as they pass; nothing is kept.
// Source:  memcached's protocol.txt, 1.6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/codecs/operations.h"

namespace seamtrace::agent::codecs {

enum class MemcachedVerb : uint8_t {
  kUnknown = 0,
  kGet,          ///< get, gets: keys from the second word
  kTouchingGet,  ///< gat, gats: keys from the third
  kStore,        ///< set, add, replace, append, prepend: a data block follows
  kCas,          ///< the same with one more word
  kDelete,
  kArithmetic,  ///< incr, decr
  kTouch,
  kSetting,     ///< flush_all, verbosity, cache_memlimit: OK
  kAdminister,  ///< slabs, lru: OK or a reason
  kCrawler,     ///< lru_crawler: the same, or lines until END or EN
  kStats,
  kVersion,
  kShutdown,
  kQuit,
  kWatch,
  // Meta commands, whose flags may make them quiet.
  kMetaGet,
  kMetaSet,
  kMetaDelete,
  kMetaArithmetic,
  // And those without flags.
  kMetaDebug,
  kMetaNoOp,
};

namespace memcached {

constexpr bool is_meta(MemcachedVerb verb) { return verb >= MemcachedVerb::kMetaGet; }
constexpr bool has_flags(MemcachedVerb verb) {
  return is_meta(verb) && verb <= MemcachedVerb::kMetaArithmetic;
}
constexpr bool has_data(MemcachedVerb verb) {
  return verb == MemcachedVerb::kStore || verb == MemcachedVerb::kCas ||
         verb == MemcachedVerb::kMetaSet;
}
/// Whether `noreply` as its last word keeps the server silent.
constexpr bool may_be_noreply(MemcachedVerb verb) {
  return verb >= MemcachedVerb::kStore && verb <= MemcachedVerb::kSetting;
}

MemcachedVerb find_memcached_verb(uint64_t name);
/// Whether a verb begins so.
bool begins_memcached_verb(std::string_view beginning);

}  // namespace memcached
}  // namespace seamtrace::agent::codecs
