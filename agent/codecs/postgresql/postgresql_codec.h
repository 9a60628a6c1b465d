// PostgresqlCodec: bytes of one PostgreSQL connection -> operations.
// Path:    connections -> [codecs/postgresql] -> operations -> connections, spans
// Owner:   one per connection, both directions; dies with it. Plain data.
// Threads: the caller holds the connection's lock.
// Memory:  borrows the bytes for the call; keeps names as hashes; allocates nothing.
//          REQUIRES: an Operation stays where it is until it has ended.
// Failure: kNotMine once, then the connection is given up; never reads past the bytes.
// Source:  PostgreSQL documentation, "Frontend/Backend Protocol": Message Flow, Pipelining,
//          Message Formats. Protocol 3, any minor version.
//
// Which answer belongs to which operation:
// - Each Query and each Execute is an operation. A Parse, Bind or Describe begins one too, so that
//   its failure has something to show: the messages about the same statement that follow, up to
//   the Execute, join it. Without an Execute it is withdrawn once it has been answered.
// - Operation::expected counts the ParseComplete, BindComplete and RowDescription (or NoData)
//   answers that are due before those of the Execute. With a Query it is 0.
// - Operation::tag is the number of Syncs sent before it. An error in the extended protocol makes
//   the server skip what follows up to the Sync: the rest of that tag.
// - ReadyForQuery answers the Query in front, or else the oldest Sync.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "agent/codecs/operations.h"

namespace seamtrace::agent::codecs {

class PostgresqlCodec {
 public:
  /// Whether a client's first bytes may be this protocol. `size` >= 1. False: certainly not.
  /// True with few bytes may turn out wrong: then request() says kNotMine.
  static bool may_begin(const char* bytes, size_t size);
  /// Bytes that a client sends, whether this is the client or the server.
  Taken request(const char* bytes, size_t size, Operations& operations);
  /// Bytes that a server sends, likewise.
  Taken response(const char* bytes, size_t size, Operations& operations);

 private:
  enum class Phase : uint8_t {
    kOpening,     // before a StartupMessage
    kStartingUp,  // authentication and what follows, up to the first ReadyForQuery
    kReady,
    kRefused,
    kCancelling,  // a CancelRequest: there is no answer
  };
  // What the next byte of a client's message is part of.
  enum class Field : uint8_t {
    kPacketHead,     // length and code of a packet that has no type byte
    kParameterName,  // of a StartupMessage
    kParameterValue,
    kHead,           // type and length of a message
    kPortalName,     // Bind, Execute
    kStatementName,  // Parse, Bind
    kText,           // Query: all but the last byte; Parse: up to a NUL
    kFormatCount,    // Bind
    kFormats,
    kParameterCount,
    kTarget,  // Describe, Close: 'S' or 'P'
    kTargetName,
    kRest,  // nothing that is wanted
  };
  enum class Parameter : uint8_t { kOther, kUser, kDatabase };

  struct Input {
    const char* at;
    const char* end;
    size_t size() const { return static_cast<size_t>(end - at); }
  };
  struct Portal {
    uint64_t name;
    uint64_t statement;
    bool used;
    bool parameterised;
  };
  static constexpr size_t kKeptBytes = 64;
  static constexpr size_t kPortals = 5;  // the unnamed one, and the last named ones

  // False of any of these: not this protocol.
  // The client's side, in postgresql_startup.cc and postgresql_request.cc.
  bool take_packet_head(Input& input);
  bool begin_packet(uint32_t size, uint32_t code);
  bool take_parameter(Input& input, Operations& operations);
  void end_parameter_name();
  bool end_parameter_value(Operations& operations);

  bool take_request(Input& input, Operations& operations);
  bool take_head(Input& input, Operations& operations);
  bool begin_message(uint8_t type, uint32_t length, Operations& operations);
  bool take_name(Input& input, Operations& operations);
  bool end_name(Operations& operations);
  bool take_text(Input& input, Operations& operations);
  void pass_text(const char* bytes, size_t size, Operations& operations);
  bool take_number(Input& input);
  bool take_target(Input& input);
  bool take_rest(Input& input);
  bool end_field(Field next);
  size_t available(const Input& input) const;

  // What they mean, in postgresql_calls.cc.
  bool begin_operation(uint8_t command, Operations& operations);
  bool begin_parse(Operations& operations);
  bool bind(Operations& operations);
  void parameters_bound();
  bool describe(Operations& operations);
  bool execute(Operations& operations);
  bool join_or_begin(uint8_t command, const uint64_t* statement, Operations& operations);
  void close_statement(Operations& operations);
  void sync();
  void copy_ends(Operations& operations);
  Portal* find_portal(uint64_t name);
  void remember_portal(uint64_t name, uint64_t statement);

  // The server's side, in postgresql_response.cc.
  bool take_answer_head(Input& input, Operations& operations);
  bool begin_answer(uint8_t type, uint32_t length, Input& input, Operations& operations);
  bool take_answer_body(Input& input, Operations& operations);
  bool is_due(uint8_t type) const;
  bool end_answer(const char* bytes, size_t size, Operations& operations);

  // What that means, in postgresql_answer.cc.
  bool answer(uint8_t type, Operations& operations);
  Operation* current(Operations& operations) const;
  bool begin_rows(Operations& operations);
  bool part_answered(Operations& operations);
  bool command_complete(const char* tag, size_t size, Operations& operations);
  bool statement_ends(uint8_t type, Operations& operations);
  bool function_ends(Operations& operations);
  bool copy_begins(Operations& operations);
  bool replication_begins(Operations& operations);
  void error(const char* fields, size_t size, Operations& operations);
  void skip_batch(Operations& operations);
  bool ready_for_query(char status, Operations& operations);
  bool request_ends(Operations& operations);
  void finish(const Operation* operation, Ending ending, Operations& operations);
  void withdraw(const Operation* operation, Operations& operations);

  // The client's message at hand.
  Phase phase_ = Phase::kOpening;
  Field field_ = Field::kPacketHead;
  uint8_t type_ = 0;
  uint8_t head_size_ = 0;  // bytes of its head so far
  uint32_t left_ = 0;      // bytes of its body to come
  uint32_t number_ = 0;    // a count being read, or bytes of formats to come
  uint8_t number_size_ = 0;
  uint8_t target_ = 0;
  Parameter parameter_ = Parameter::kOther;
  bool has_database_ = false;
  bool text_begun_ = false;
  bool defining_ = false;  // the text at hand is also that of a definition
  uint64_t hash_ = 0;      // of the name being read
  uint64_t portal_name_ = 0;

  // The server's message at hand.
  uint8_t answer_type_ = 0;
  uint8_t answer_head_size_ = 0;
  uint8_t answer_kept_ = 0;  // bytes of its body in answer_bytes_
  uint32_t answer_left_ = 0;
  uint8_t encryption_asked_ = 0;  // requests that are answered by one byte

  // Both.
  uint32_t syncs_sent_ = 0;
  uint32_t syncs_answered_ = 0;
  uint32_t spare_syncs_ = 0;   // sent while a COPY was to begin: the server may have ignored them
  uint32_t unconfirmed_ = 0;   // Parses that may not have been answered
  uint32_t copies_ended_ = 0;  // by the client, before it could know that they had begun
  bool failed_ = false;        // the server skips up to the oldest unanswered Sync
  bool copy_in_ = false;
  bool executing_ = false;  // the oldest operation's answer has reached its rows
  bool ready_due_ = false;  // of a Query or FunctionCall that has ended already
  bool replicating_ = false;
  bool in_transaction_ = false;
  Operation* newest_ = nullptr;  // while it has not ended and more may join it
  uint64_t newest_statement_ = 0;
  uint64_t rows_ = 0;  // of the oldest operation's answer
  uint8_t next_portal_ = 1;
  Portal portals_[kPortals] = {};
  char packet_bytes_[kKeptBytes] = {};  // a head, or a start-up parameter
  char answer_bytes_[kKeptBytes] = {};  // a head, or the beginning of a body
};
static_assert(sizeof(PostgresqlCodec) <= 384);
static_assert(std::is_trivially_copyable_v<PostgresqlCodec>);

}  // namespace seamtrace::agent::codecs
