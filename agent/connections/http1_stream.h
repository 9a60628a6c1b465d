// Http1Stream: drives the codecs of a connection and keeps its exchanges.
// Path:    connections -> [http1_stream] -> codecs/http1, context, spans
// Threads: the caller holds the connection's lock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "agent/connections/connection.h"
#include "agent/connections/exchange_queue.h"
#include "agent/connections/moment.h"

namespace seamtrace::agent::connections {

/// What the sender of a client request has to do to its bytes.
struct Edit {
  bool wanted = false;
  size_t begin = 0;   ///< of the bytes that have not gone out yet
  size_t offset = 0;  ///< in the gathered write
  /// 0: insert `text` at the offset; else it stands for so many bytes from there on.
  uint32_t replaces = 0;
  /// Where the value of a traceparent of the program's own stands, if it lies whole in the write.
  bool has_traceparent = false;
  size_t traceparent_offset = 0;
  AddedText text;  ///< what to add; whoever holds the edit owns it
};

enum class Fed {
  kAll,          ///< every byte was taken
  kStopped,      ///< another message begins: `consumed` bytes were taken
  kNotFollowed,  ///< never was, or is no longer
};

struct FeedResult {
  Fed fed = Fed::kAll;
  size_t consumed = 0;
};

/// Feeds bytes of requests: read by a server or sent by a client. With `edit`, contexts may be
/// injected, and the feed stops before a second message. `base` is the offset of `bytes` in the
/// gathered write.
FeedResult feed_request(Connection& connection, const char* bytes, size_t size, Moment& moment,
                        Edit* edit, size_t base);

/// Feeds bytes of responses: sent by a server or read by a client.
Fed feed_response(Connection& connection, const char* bytes, size_t size, Moment& moment);

/// Bytes that nobody saw (sendfile, splice, MSG_TRUNC).
Fed skip_opaque(Connection& connection, bool of_request, uint64_t bytes, Moment& moment);

/// The peer will send no more (a read returned 0).
void stream_ended(Connection& connection, Moment& moment);

/// A call on the connection has failed with an errno that ends it.
void connection_failed(Connection& connection, int error, Moment& moment);

/// Gives the text's memory back and makes it empty.
void clear_text(AddedText& text);

}  // namespace seamtrace::agent::connections
