// Peer: the other end of a client or producer span, by what the span itself says.
// Path:    store (roll-ups, edges), query
// Memory:  the result owns its text.
// Failure: none; a span that says nothing has a node of kind kNone.
// Source:  semantic conventions 1.44: server, db, messaging; older names too.
#pragma once

#include "collector/interpret/span.h"
#include "collector/store/trace_row.h"

namespace seamtrace::collector {

Node peer_of(const Span& span);

/// What a span says about a cache: seamtrace.cache.hits and .misses; 0 where it says nothing.
struct CacheUse {
  uint64_t hits = 0;
  uint64_t misses = 0;
};
CacheUse cache_use_of(const Span& span);

/// Which attributes these functions look at.
bool tells_peer(std::string_view key);
bool tells_cache_use(std::string_view key);
bool tells_http_status(std::string_view key);

/// http.response.status_code (or the older http.status_code), 0: none.
int32_t http_status_of(const Span& span);

}  // namespace seamtrace::collector
