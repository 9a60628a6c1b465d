// Operations: what a codec of a data store tells of the bytes that it sees.
// Path:    connections -> codecs/<protocol> -> [operations] -> connections, spans
// Owner:   the connection implements it; a test records it (testing/recording_operations.h).
// Threads: the caller of the codec holds the connection's lock.
// Memory:  bytes are borrowed for the call; what is kept is copied by the implementation.
//
// An operation is one call to the data store: a statement, a command, or a batch that is answered
// as a whole. The codec begins operations as it reads the client's bytes and ends them, oldest
// first, as it reads the server's. It may split neither: a wrong pairing is worse than none. When
// it no longer knows what an answer belongs to it answers kNotMine, and the connection is given up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/records.h"

namespace seamtrace::agent::codecs {

/// What a codec makes of the bytes that it was given.
enum class Taken : uint8_t {
  kAll,         ///< every byte was understood, or stored as state
  kNotMine,     ///< not this protocol, malformed, or out of step: stop following
  kEncrypted,   ///< from here on TLS, GSSAPI or another encryption
  kCompressed,  ///< from here on compressed, or by capabilities that we do not know
};

/// One operation in flight. The codec may read and write all of it.
struct Operation {
  uint32_t tag;       ///< the codec's own: a batch, a sequence, whatever pairs
  uint32_t expected;  ///< the codec's own: e.g. replies that are still to come
  wire::DatabaseFacts facts;
  /// False: not sampled. Text given for it is thrown away, so it need not be looked for.
  bool recorded;
  bool failed;  ///< error() was called
};

/// How an operation ends.
enum class Ending : uint8_t {
  kAnswered,  ///< the server's answer is complete, an error or not
  kSkipped,   ///< the server did not run it, because of an earlier error
};

// The functions have empty bodies instead of being pure: the agent has no C++ runtime.
class Operations {
 public:
  // The client's side. ------------------------------------------------------------------------

  /// A new operation, the newest; null: there is no more room, answer kNotMine. It stays where it
  /// is until it has ended, so the codec may keep the pointer. Its time begins when the bytes that
  /// are being looked at were about to be sent (client) or were read (server).
  virtual Operation* begin() { return nullptr; }
  /// Begins a slice of the newest operation with `size` bytes. Cut where there is no room.
  virtual void add(wire::SliceKind, const char*, size_t /*size*/) {}
  /// More bytes for the slice that add() began last. No-op when that operation is not recorded.
  virtual void append(const char*, size_t /*size*/) {}
  /// Marks the last slice as shorter than what was sent.
  virtual void mark_truncated() {}
  /// The newest operation was not one after all: forgotten as if it had not been begun.
  virtual void withdraw_newest() {}
  /// Ends the newest operation at once: the protocol gives no answer to it.
  virtual void finish_newest() {}

  // The server's side. ------------------------------------------------------------------------

  /// The operation that an answer belongs to, or null: nothing is asked.
  virtual Operation* oldest() { return nullptr; }
  /// The operation asked last, or null.
  virtual Operation* newest() { return nullptr; }
  /// The one asked after `operation`, or null. For looking ahead (batches).
  virtual Operation* after(const Operation*) { return nullptr; }
  /// The first byte of the oldest operation's answer is here. Further calls are ignored.
  virtual void answer_begins() {}
  /// The oldest has failed with this code (SQLSTATE, error number, Redis prefix): the first counts.
  /// Never the message: it may quote data.
  virtual void error(const char* /*code*/, size_t /*size*/) {}
  /// Ends the oldest.
  virtual void finish(Ending) {}
  /// The oldest was not one after all (a PREPARE that went well): forgotten.
  virtual void withdraw_oldest() {}

  // Prepared statements: texts by a key of the codec's (a hash of the name, a number).
  // -------------

  /// Begins a definition, unconfirmed until prepared(); its text follows. `tag`: see
  /// drop_unconfirmed().
  virtual void prepare(uint64_t /*key*/, uint32_t /*tag*/) {}
  /// More text of the definition that prepare() began last.
  virtual void prepare_text(const char*, size_t /*size*/) {}
  /// The server has accepted the oldest unconfirmed definition; it replaces an older one of the
  /// same key. prepared_as() gives it another key (MySQL: the server chooses it).
  virtual void prepared() {}
  virtual void prepared_as(uint64_t /*key*/) {}
  /// The server has refused the oldest unconfirmed definition.
  virtual void prepare_failed() {}
  /// Forgets the unconfirmed definitions with this tag (PostgreSQL: the rest of a failed batch).
  virtual void drop_unconfirmed(uint32_t /*tag*/) {}
  /// Gives the newest operation the text of a definition, as a kStatement slice; the newest
  /// definition of that key counts, confirmed or not. False: unknown (the operation is marked).
  virtual bool use_prepared(uint64_t /*key*/) { return false; }
  virtual void forget_prepared(uint64_t /*key*/) {}
  virtual void forget_all_prepared() {}

  // The connection. -----------------------------------------------------------------------------

  /// From now on operations carry this namespace / this user. Size 0: none. Given whole, or cut.
  virtual void set_namespace(const char*, size_t /*size*/) {}
  virtual void set_user(const char*, size_t /*size*/) {}
  /// MySQL's greeting tells which of the two it is.
  virtual void set_protocol(wire::Protocol) {}
  /// The connection is ready for use: authenticated where that is asked. Later calls are ignored.
  virtual void ready() {}
  /// The server has refused the connection (authentication, no such database, too many clients).
  virtual void rejected(const char* /*code*/, size_t /*size*/) {}
  /// A transaction block is open, or has ended: the connection is in use in between.
  virtual void in_transaction(bool) {}

 protected:
  ~Operations() = default;
};

/// A 64-bit hash of a name that may come in pieces (FNV-1a). Begin with kHashBasis.
inline constexpr uint64_t kHashBasis = 0xcbf2'9ce4'8422'2325;
constexpr uint64_t hash_bytes(uint64_t hash, const char* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i)
    hash = (hash ^ static_cast<unsigned char>(bytes[i])) * 0x100'0000'01b3;
  return hash;
}
constexpr uint64_t hash_bytes(std::string_view bytes) {
  return hash_bytes(kHashBasis, bytes.data(), bytes.size());
}

/// Unlike string_view::starts_with, without the C++ runtime in any build.
constexpr bool begins_with(std::string_view text, std::string_view beginning) {
  return text.size() >= beginning.size() &&
         std::string_view(text.data(), beginning.size()) == beginning;
}

}  // namespace seamtrace::agent::codecs
