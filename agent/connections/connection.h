// Connection: a stream socket that may carry traced requests.
// Path:    hooks -> [connections] -> codecs, context, spans
// Owner:   the fds that refer to it (dup shares it); from a type-stable pool.
// Threads: everything but `references` and `generation` is under `lock`.
#pragma once

#include <atomic>
#include <cstdint>

#include "agent/codecs/http1/http1_codec.h"
#include "agent/connections/context_headers.h"
#include "agent/context/context.h"
#include "agent/runtime/spin_lock.h"
#include "agent/spans/exchange.h"
#include "wire/records.h"

namespace seamtrace::agent {

struct DatabaseSession;

/// Room for a line that is split over chunks, and for inserts that exceed the inline room.
struct TextBlock {
  static constexpr uint32_t kCapacity = 12 * 1024;
  std::atomic<uint32_t> pool_next;
  char text[kCapacity];
};

/// Text of ours that goes onto the wire among the program's bytes.
struct AddedText {
  static constexpr uint32_t kInlineCapacity = 96;  // a traceparent field, with room to spare
  uint32_t size = 0;                               ///< 0: none
  uint32_t sent = 0;
  uint32_t replaces = 0;       ///< how many of the program's bytes it stands for (0: an insert)
  TextBlock* block = nullptr;  ///< null: the text is inline
  char inline_text[kInlineCapacity];

  const char* bytes() const { return block != nullptr ? block->text : inline_text; }
  uint32_t left() const { return sent < size ? size - sent : 0; }
};

/// One direction of a connection.
struct Direction {
  codecs::Http1Codec codec{codecs::Http1Codec::Direction::kRequest};
  codecs::Carry carry;
  TextBlock* carry_block = nullptr;
};

/// The state of the request direction before a client's write was parsed, for when the kernel takes
/// only a part of it.
struct SendCheckpoint {
  codecs::Http1Codec codec{codecs::Http1Codec::Direction::kRequest};
  TextBlock* carry_copy;  ///< the beginning of a line that was split before this write, or null
  uint32_t carry_size;
  bool carry_truncated;
  bool head_done;
  ContextReference newest;
  Exchange* receiving;
  context::Opener opener;
  ContextHeaders context_headers;
  uint32_t slice_bytes;
  uint16_t slice_count;
  uint16_t record_flags;
  uint64_t body_bytes;
};

struct alignas(64) Connection {
  std::atomic<uint32_t> pool_next;
  std::atomic<uint32_t> references;  ///< fds that mean it
  std::atomic<uint64_t> generation;
  SpinLock lock;
  wire::Role role;
  bool role_certain;  ///< false: inherited or received over a Unix socket
  bool examined;      ///< its first bytes were looked at: HTTP/1, or a data store
  bool recognised;    ///< it is what the first bytes promised
  bool given_up;      ///< no longer followed; only pending text may still have to go out
  bool reused;        ///< a request has been completed on it
  /// Bytes have passed that nobody saw; set without the lock. See note_unseen().
  std::atomic<bool> unseen;
  int32_t last_error;  ///< errno of a failed call, 0
  uint64_t id;
  uint64_t connect_start_ns;  ///< client: when connect() was called; 0 unknown
  DatabaseSession* database;  ///< null: HTTP, or not known yet
  /// Client: the path of the Unix socket that it is connected to, `@name` for an abstract one.
  static constexpr uint32_t kUnixPathCapacity = 108;
  uint8_t unix_path_size;
  char unix_path[kUnixPathCapacity];
  wire::Endpoint peer;
  Direction request;
  Direction response;
  Exchange* oldest;  ///< waits for its response, or is having it
  Exchange* newest;
  Exchange* receiving;  ///< its request is not complete yet
  uint32_t in_flight;
  uint64_t message_start_ns;
  context::Opener opener;          ///< client: under whose context connect() was called
  ContextHeaders context_headers;  ///< of the request head under way

  // Injection (client).
  Exchange* resumed;   ///< its start line comes again: the kernel did not take it all before
  AddedText leftover;  ///< begun to go out: must be finished before any byte of the program's
  /// The thread that is between planning a write and its result; null: none.
  std::atomic<const ThreadState*> writer;
  SendCheckpoint checkpoint;
};

namespace connections {

/// Maps the pools.
bool open_pools();
/// A fresh connection with one reference, or null (counted).
Connection* create(wire::Role role, bool role_certain);
/// Takes one more reference. False: it has none left, and is nobody's or about to be another.
bool hold(Connection& connection);
/// Drops one reference; the last one ends what is in flight and frees it.
void release(Connection& connection);
/// Only in a forked child.
void unlock_pools_after_fork();
/// Only in a forked child: true when the connection may be followed there, too.
bool survive_fork(Connection& connection);

TextBlock* take_text_block();
void give_back(TextBlock* block);

}  // namespace connections
}  // namespace seamtrace::agent
