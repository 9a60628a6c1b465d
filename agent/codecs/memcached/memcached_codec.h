// MemcachedCodec: bytes of a connection to memcached, both directions -> operations.
// Path:    connections -> [codecs/memcached] -> operations
// Owner:   one per connection; dies with it. Plain data: copying it is a checkpoint.
// Threads: the caller holds the connection's lock.
// Memory:  borrows the bytes for the call; text goes on as it passes; allocates nothing.
// Failure: kNotMine for good: malformed, out of step, the binary protocol, or a stream (watch).
// Source:  memcached's protocol.txt, 1.6: classic and meta commands.
//
// Each command is one operation; its words are passed on, its data never.
// - `noreply` ends an operation as it is sent. The server may complain all the same, so an error
//   that comes next, when it may be another command's, ends the following.
// - Quiet meta commands (flag q) are answered or not. A run of them is one operation together with
//   the next command that is answered for certain, and ends with that one's answer: told by its
//   form, or by its opaque flag. Where neither tells, the connection is given up.
// - Keys found and not found are those of get, gets, gat, gats and mg; they are not counted where
//   a quiet ma may have given the same answer as an mg.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "agent/codecs/memcached/memcached_verbs.h"
#include "agent/codecs/operations.h"

namespace seamtrace::agent::codecs {

class MemcachedCodec {
 public:
  /// Whether a client's first bytes may be this protocol. REQUIRES: size >= 1.
  static bool may_begin(const char* bytes, size_t size);
  /// Bytes that a client sends.
  Taken request(const char* bytes, size_t size, Operations& operations);
  /// Bytes that a server sends.
  Taken response(const char* bytes, size_t size, Operations& operations);

 private:
  static constexpr size_t kKeptLine = 40;  // of a response line

  // What is left of a call's bytes.
  struct Input {
    const char* at;
    const char* end;
    Operations& operations;
    Operation* open = nullptr;  // the operation of the command that is being read, once looked up
  };

  // Operation::tag: the verb that ends it, and these. Operation::expected: its opaque's hash, or 0.
  enum Tag : uint32_t {
    kVerbMask = 0xff,
    kDoubtful = 0x100,   // sent after a noreply command: an error may be that one's
    kBatch = 0x200,      // begins with quiet commands
    kClosed = 0x400,     // the command that ends the batch was sent
    kQuietGets = 0x800,  // of the quiet ones
    kQuietOthers = 0x1000,
    kQuietNumbers = 0x2000,  // whose answers look like those of gets
  };

  // The client's side (memcached_request.cc). Functions say false: not this protocol.
  // --------------

  enum class In : uint8_t { kStart, kGap, kWord, kData, kDataEnd };

  bool read_request(Input& input);
  bool read_gap(Input& input);
  bool read_word(Input& input);
  bool read_data(Input& input);
  bool read_data_end(Input& input);
  bool begin_command(Input& input);
  void begin_word(Operations& operations);
  void pass_word(Operations& operations, const char* bytes, size_t size);
  bool is_compared() const;
  void compare_word(const char* bytes, size_t size);
  bool end_word();
  bool take_number();
  void take_flag();

  // What a whole line means (memcached_command_end.cc).
  bool end_line(Input& input);
  bool is_whole() const;
  bool is_silent() const;
  uint32_t key_count() const;
  bool end_command(Operations& operations);

  // The server's side (memcached_reply.cc: its form).
  // ----------------------------------------------

  enum class Out : uint8_t { kLine, kValue, kValueEnd };

  bool read_reply(Input& input);
  bool read_line(Input& input);
  void read_words(const char* bytes, size_t size);
  void read_reply_word(const char* bytes, size_t size);
  void end_reply_word();
  bool end_reply_line(Operations& operations);
  bool read_value(Input& input);
  bool read_value_end(Input& input);

  // Its meaning (memcached_answer.cc).
  // -------------------------------------------------------------

  enum class Meaning : uint8_t { kForeign, kMore, kLast };  // of a line for its operation

  bool take_line(Operations& operations);
  bool take_unasked(Operations& operations);
  bool take_error(Operation& operation, Operations& operations);
  bool take_early_error(Operation& operation, Operations& operations);
  Meaning judge_batch(const Operation& operation) const;
  Meaning judge_line(MemcachedVerb verb) const;
  bool count_hit(Operation& operation, Meaning meaning) const;
  bool finish(Operation& operation, Operations& operations);
  bool is_being_read(const Operation& operation, Operations& operations) const;
  bool is_error() const;
  bool refuses_connection() const;
  std::string_view first_word() const { return {kept_, first_word_size_}; }
  std::string_view kept() const { return {kept_, kept_size_}; }

  // The client's side.
  uint64_t hash_ = 0;  // of the word at hand
  uint64_t data_left_ = 0;
  uint64_t number_ = 0;  // that the word at hand is
  uint32_t word_ = 0;    // its index
  uint32_t word_size_ = 0;
  uint32_t keep_left_ = 0;     // of it, to be passed on
  uint32_t opaque_ = 0;        // of the command at hand
  uint32_t quiet_opaque_ = 0;  // of the quiet command before it
  uint32_t line_bytes_ = 0;
  uint16_t budget_ = 0;  // text that the command may still pass on
  In in_ = In::kStart;
  MemcachedVerb verb_ = MemcachedVerb::kUnknown;
  char first_ = 0;       // the first byte of the word at hand
  bool added_ = false;   // its slice was begun
  bool marked_ = false;  // more words follow than are passed on
  bool is_number_ = false;
  bool last_is_noreply_ = false;
  bool quiet_ = false;
  bool silent_ = false;  // the command at hand is not answered
  bool open_ = false;    // within a command
  bool recorded_ = false;
  bool batch_open_ = false;      // the newest operation is a run of quiet commands
  bool noreply_sent_ = false;    // since the last operation that is answered
  bool opening_ = true;          // within the connection's first command
  bool in_data_ = false;         // within a command's data
  bool answered_early_ = false;  // the command at hand was refused within its data

  // The server's side.
  Out out_ = Out::kLine;
  bool failed_ = false;
  bool ready_ = false;
  bool value_ending_ = false;    // the CR after the data was seen
  bool announces_data_ = false;  // the line at hand does
  bool value_ends_ = false;      // that data is the end of the answer
  bool size_is_bad_ = false;
  uint8_t kept_size_ = 0;
  uint8_t first_word_size_ = 0;
  char reply_first_ = 0;      // the first byte of the word at hand
  uint32_t reply_bytes_ = 0;  // of the line at hand
  uint32_t reply_word_ = 0;   // index of the word at hand
  uint32_t reply_word_size_ = 0;
  uint32_t reply_opaque_ = 0;
  uint64_t reply_hash_ = 0;
  uint64_t size_ = 0;  // of the data that the line at hand announces
  uint64_t value_left_ = 0;
  char kept_[kKeptLine] = {};
};
static_assert(sizeof(MemcachedCodec) <= 384);
static_assert(std::is_trivially_copyable_v<MemcachedCodec>);

}  // namespace seamtrace::agent::codecs
