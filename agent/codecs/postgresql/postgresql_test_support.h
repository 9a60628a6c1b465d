// What the tests of PostgresqlCodec share: messages, dialogues, and memory that ends at an
// unreadable page.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "agent/codecs/postgresql/postgresql_codec.h"
#include "agent/codecs/testing/guarded_bytes.h"
#include "agent/codecs/testing/recording_operations.h"

namespace seamtrace::agent::codecs::postgresql_test {

using std::string_literals::operator""s;

inline std::string number(size_t value, size_t bytes) {
  std::string text;
  while (bytes-- > 0) text += static_cast<char>(value >> (8 * bytes) & 0xff);
  return text;
}

/// A message, of either side.
inline std::string message(char type, const std::string& body = {}) {
  return type + number(body.size() + 4, 4) + body;
}

/// A packet as before the first message: no type.
inline std::string packet(size_t code, const std::string& body = {}) {
  return number(body.size() + 8, 4) + number(code, 4) + body;
}

inline constexpr size_t kVersion = 3 << 16;
inline constexpr size_t kSslRequest = 80877103;
inline constexpr size_t kGssEncRequest = 80877104;
inline constexpr size_t kCancelRequest = 80877102;

// The client's messages.
inline std::string start_up() { return packet(kVersion, "user\0me\0\0"s); }
inline std::string query(const std::string& text) { return message('Q', text + '\0'); }
inline std::string parse(const std::string& name, const std::string& text) {
  return message('P', name + '\0' + text + "\0\0\1\0\0\0\27"s);
}
inline std::string bind_portal(const std::string& portal, const std::string& statement,
                               size_t parameters = 0) {
  std::string body = portal + '\0' + statement + '\0' + number(parameters, 2);
  for (size_t i = 0; i < parameters; ++i) body += "\0\1"s;
  body += number(parameters, 2);
  for (size_t i = 0; i < parameters; ++i) body += number(6, 4) + "secret";
  return message('B', body + number(0, 2));
}
inline std::string describe(char what, const std::string& name) {
  return message('D', what + name + '\0');
}
inline std::string close(char what, const std::string& name) {
  return message('C', what + name + '\0');
}
inline std::string execute(const std::string& portal = {}, size_t rows = 0) {
  return message('E', portal + '\0' + number(rows, 4));
}
inline std::string sync() { return message('S'); }
inline std::string flush() { return message('H'); }
/// One statement as most libraries send it.
inline std::string call(const std::string& text) {
  return parse("", text) + bind_portal("", "") + describe('P', "") + execute() + sync();
}

// The server's.
inline std::string ready(char status = 'I') { return message('Z', std::string(1, status)); }
inline std::string complete(const std::string& tag) { return message('C', tag + '\0'); }
inline std::string error(const std::string& code, const std::string& severity = "ERROR") {
  return message('E', "S" + severity + "\0V"s + severity + "\0C"s + code +
                          "\0Mwith 'data' in it\0Fparse.c\0L1\0\0"s);
}
inline std::string row(const std::string& value = "data") {
  return message('D', number(1, 2) + number(value.size(), 4) + value);
}
inline std::string columns() {
  return message('T', number(1, 2) + "name\0"s + std::string(18, '\1'));
}
inline std::string parsed() { return message('1'); }
inline std::string bound() { return message('2'); }
inline std::string closed() { return message('3'); }
inline std::string no_data() { return message('n'); }
inline std::string suspended() { return message('s'); }
inline std::string started() {
  return message('R', number(0, 4)) + message('S', "server_version\0"s + "15\0"s) +
         message('K', number(1, 4) + number(2, 4)) + ready();
}

/// What one side says before the other one does.
struct Turn {
  char from;  ///< 'C' the client, 'S' the server
  std::string bytes;
};
using Dialogue = std::vector<Turn>;

/// A connection: feeds a codec, and keeps what it says.
class Talk {
 public:
  Talk() : memory_(1 << 20) {}

  Taken client(std::string_view bytes) { return feed('C', bytes); }
  Taken server(std::string_view bytes) { return feed('S', bytes); }
  Taken feed(char from, std::string_view bytes) {
    if (taken_ != Taken::kAll) return taken_;
    const char* const held = memory_.hold(bytes);
    taken_ = from == 'C' ? codec.request(held, bytes.size(), operations)
                         : codec.response(held, bytes.size(), operations);
    return taken_;
  }
  /// A connection that is ready for use, and whose log is empty.
  Talk& start() {
    EXPECT_EQ(client(start_up()), Taken::kAll);
    EXPECT_EQ(server(started()), Taken::kAll);
    EXPECT_EQ(new_lines(), "user me\nready\n");
    return *this;
  }
  /// What was said since the last call. Namespaces are left out: each operation has the same.
  std::string new_lines() {
    std::string lines = operations.log().substr(seen_);
    seen_ = operations.log().size();
    for (size_t at; (at = lines.find(" in=me")) != std::string::npos;) lines.erase(at, 6);
    return lines;
  }
  /// Everything, and how it ended.
  std::string story() {
    return operations.log() + operations.pending() + std::to_string(static_cast<int>(taken_));
  }

  PostgresqlCodec codec;
  RecordingOperations operations;

 private:
  GuardedBytes memory_;
  Taken taken_ = Taken::kAll;
  size_t seen_ = 0;
};

}  // namespace seamtrace::agent::codecs::postgresql_test
