// MysqlCodec: bytes of one MySQL or MariaDB connection -> operations.
// Path:    connections -> [codecs/mysql] -> spans
// Owner:   one per Connection, for both directions; dies with it.
// Threads: the caller holds the connection's lock.
// Memory:  borrows the bytes for the call; keeps names and the first bytes of packets, no more.
// Failure: kNotMine, kEncrypted or kCompressed once, then the connection is passed through.
// Source:  MySQL Client/Server Protocol ("Connection Phase", "Command Phase"); MariaDB
//          "Client/Server Protocol"; where MySQL's text and server disagree, its server.
//
// The server speaks first. What the client may say is then known from the phase, and what the
// server's packets mean from the oldest operation's command and the step of its answer:
//
//    greeting -> handshake -> authentication -> commands          first -> definitions -> rows
//                 |  ^ TLS: kEncrypted    |  ^ compression            ^ OK, ERR     more v
//                 +-----------------------+    kCompressed            +------------------+
//
// Other protocols in which the server speaks first: SMTP and FTP ("220 "), SSH ("SSH-"), POP3 and
// IMAP: their first two bytes make a greeting too long. ZeroMQ (ff 00 00 00 00) and MySQL's X
// protocol (05 00 00 00 0b) come closest: their fifth byte is none that MySQL begins with.
#pragma once

#include <type_traits>

#include "agent/codecs/mysql/mysql_fields.h"
#include "agent/codecs/mysql/mysql_packet.h"
#include "agent/codecs/operations.h"

namespace seamtrace::agent::codecs {

class MysqlCodec {
 public:
  /// Whether a server's first bytes may be this protocol's. `size` >= 1. False: certainly not.
  /// True with few bytes may turn out wrong: then response() says kNotMine.
  static bool may_greet(const char* bytes, size_t size);
  /// Bytes that a client sends / sent (the agent may sit in the client or in the server process).
  Taken request(const char* bytes, size_t size, Operations& operations);
  /// Bytes that a server sends.
  Taken response(const char* bytes, size_t size, Operations& operations);

 private:
  enum class Phase : uint8_t {
    kGreeting,
    kHandshake,       // the client's first packet is awaited
    kAuthentication,  // rounds of it, until the server's OK
    kCommands,
    kClosed,  // the server has refused the connection
    kFailed,  // this codec has given up
  };
  // Where in a client's message.
  enum class RequestStep : uint8_t {
    kSkip,
    kCommand,
    kAttributes,
    kText,
    kDatabase,     // the whole rest is its name
    kStatementId,  // of the statement whose text the operation gets
    kClosedId,     // of the statement that is closed
    kFile,         // LOCAL INFILE
    kHandshakeFixed,
    kUser,
    kAuthByteLength,
    kAuthLength,
    kAuthSkip,
    kAuthText,  // ends at a zero, like the next
    kFirstDatabase,
  };
  // What the server's next message is.
  enum class AnswerStep : uint8_t { kFirst, kDefinitions, kDefinitionsEnd, kRows };
  // Where in a server's message.
  enum class Within : uint8_t { kHead, kSkip, kSession };
  enum class GreetingStep : uint8_t { kVersionNumber, kVersion, kFixed, kErrorCode, kSkip };
  // What a server's message ends with its last byte.
  enum class Completes : uint8_t { kNothing, kAnswer, kPreparation, kAuthentication };

  struct OkPacket {
    uint64_t affected_rows;
    size_t end;  // of what every OK packet holds
    uint16_t status;
  };

  bool agreed(uint64_t capability) const { return (agreed_ & capability) != 0; }
  Taken fail(Taken how);

  // The client's messages (mysql_requests.cc).
  Taken read_request(mysql::Part& part, Operations& operations);
  bool begin_request();
  Taken read_request_step(mysql::Bytes& bytes, Operations& operations);
  Taken end_request(Operations& operations);
  Taken begin_command(uint8_t command, Operations& operations);
  void begin_operation(uint8_t command, Operation& operation, Operations& operations);
  void begin_preparation(Operation& operation, Operations& operations);
  void begin_text(bool preparing, const Operation& operation);
  void read_text(mysql::Bytes& bytes, Operations& operations);
  void read_statement_id(mysql::Bytes& bytes, Operations& operations);
  uint64_t statement_key(uint32_t id) const;
  void forget_statements(Operations& operations);
  bool gather(mysql::Bytes& bytes, size_t wanted);

  // Who connects (mysql_handshake.cc).
  Taken read_greeting(mysql::Part& part, Operations& operations);
  bool read_greeting_byte(uint8_t byte, Operations& operations);
  bool end_greeting(Operations& operations);
  Taken read_client_capabilities();
  void begin_authentication_data();
  void end_authentication_data();
  Taken read_handshake_step(mysql::Bytes& bytes, Operations& operations);
  bool read_to_zero(mysql::Bytes& bytes, bool keep);
  Taken read_authentication(const char* head, size_t size, Operations& operations);

  // The server's messages (mysql_answers.cc).
  void skip_plain(mysql::Bytes& chunk);
  Taken read_response(mysql::Part& part, Operations& operations);
  bool gather_head(mysql::Bytes& bytes, const char*& head);
  Taken read_head(const char* head, size_t size, Operations& operations);
  Taken read_first(const char* head, size_t size, Operation& operation, Operations& operations);
  Taken read_end_of_rows(const char* head, size_t size, Operations& operations);
  bool read_ok(const char* head, size_t size, OkPacket& ok);
  Taken answer_ok(const char* head, size_t size, Operation& operation, Operations& operations);
  Taken answer_error(const char* head, size_t size, Operations& operations);
  Taken begin_result_set(const char* head, size_t size);
  Taken begin_local_infile(const Operation& operation, Operations& operations);
  Taken answer_preparation(const char* head, size_t size, Operation& operation,
                           Operations& operations);
  void begin_definitions(uint32_t count);
  void end_definitions();
  void note_status(uint16_t status, Operations& operations);
  void begin_session(const char* bytes, size_t size, Operations& operations);
  void end_result(uint16_t status, Operation& operation);
  Taken end_response(Operations& operations);
  void end_answer(Operations& operations);

  uint64_t agreed_ = 0;         // until the client has answered: what the server can
  uint64_t last_prepared_ = 0;  // key of the statement prepared last; kNoStatement
  uint64_t rows_ = 0;           // of the result set at hand
  mysql::PacketFramer request_;
  mysql::PacketFramer answer_;
  uint32_t tag_ = 0;                // of the newest operation that may change the database
  uint32_t pending_tag_ = 0;        // and of the one that asks for `request_name_`
  uint32_t preparations_ = 0;       // so far
  uint32_t unconfirmed_ = 0;        // of them, not answered yet
  uint32_t definitions_left_ = 0;   // of the columns or parameters at hand
  uint32_t definitions_after_ = 0;  // of the columns that follow parameters
  Phase phase_ = Phase::kGreeting;
  RequestStep request_step_ = RequestStep::kSkip;
  AnswerStep answer_step_ = AnswerStep::kFirst;
  Within within_ = Within::kHead;
  GreetingStep greeting_step_ = GreetingStep::kVersionNumber;
  Completes completes_ = Completes::kNothing;
  uint8_t matched_ = 0;  // letters of "MariaDB"
  uint8_t request_head_size_ = 0;
  uint8_t answer_head_size_ = 0;
  bool mariadb_ = false;
  bool stands_down_ = false;  // once authentication is through
  bool changing_user_ = false;
  bool auth_rounds_ = false;  // of a change of users
  bool preparing_ = false;
  bool recorded_ = false;
  bool text_begun_ = false;
  bool infile_ = false;  // the client sends a file, until an empty packet
  bool answering_ = false;
  bool rows_counted_ = false;
  bool rows_follow_ = false;
  bool in_transaction_ = false;
  char request_head_[32] = {};
  char answer_head_[32] = {};
  uint32_t auth_skip_ = 0;
  mysql::LengthReader auth_length_;
  mysql::SessionReader session_;
  mysql::UseReader use_;
  mysql::Name request_name_;  // user, or the database that is asked for
  mysql::Name answer_name_;
  mysql::AttributeReader attributes_;
};
static_assert(sizeof(MysqlCodec) <= 384);
static_assert(std::is_trivially_copyable_v<MysqlCodec>);

}  // namespace seamtrace::agent::codecs
