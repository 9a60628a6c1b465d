// What the tests of MysqlCodec share: dialogues, ways to split them, and packets by hand.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "agent/codecs/mysql/mysql_codec.h"
#include "agent/codecs/testing/guarded_bytes.h"
#include "agent/codecs/testing/recording_operations.h"

namespace seamtrace::agent::codecs {

struct Piece {
  bool from_client;
  std::string bytes;
};
using Dialogue = std::vector<Piece>;

/// A codec, what it says, and the verdict.
class Listener {
 public:
  explicit Listener(size_t largest = 1 << 16) : memory_(largest) {}

  /// False once the codec has stopped following.
  bool hear(bool from_client, std::string_view bytes) {
    if (taken != Taken::kAll) return false;
    const char* const at = memory_.hold(bytes);
    taken = from_client ? codec.request(at, bytes.size(), operations)
                        : codec.response(at, bytes.size(), operations);
    return taken == Taken::kAll;
  }
  Listener& client(std::string_view bytes) {
    hear(true, bytes);
    return *this;
  }
  Listener& server(std::string_view bytes) {
    hear(false, bytes);
    return *this;
  }

  /// Operations and events in their order, what is in flight, and how it ended.
  std::string log() const {
    const char* const verdicts[] = {"", "not mine\n", "encrypted\n", "compressed\n"};
    return operations.log() + operations.pending() + verdicts[static_cast<int>(taken)];
  }

  MysqlCodec codec;
  RecordingOperations operations;
  Taken taken = Taken::kAll;

 private:
  GuardedBytes memory_;
};

inline size_t longest(const Dialogue& dialogue) {
  size_t most = 1;
  for (const Piece& piece : dialogue) most = std::max(most, piece.bytes.size());
  return most;
}

/// The log when every piece comes in portions of at most this many bytes.
inline std::string play(const Dialogue& dialogue, size_t portion = SIZE_MAX) {
  Listener listener(longest(dialogue));
  for (const Piece& piece : dialogue) {
    const std::string_view bytes = piece.bytes;
    for (size_t at = 0; at < bytes.size(); at += std::min(portion, bytes.size() - at))
      if (!listener.hear(piece.from_client, bytes.substr(at, portion))) return listener.log();
  }
  return listener.log();
}

/// The log when one piece is cut in two, and the others are not.
inline std::string play_cut(const Dialogue& dialogue, size_t cut_piece, size_t cut_at) {
  Listener listener(longest(dialogue));
  for (size_t i = 0; i < dialogue.size(); ++i) {
    const std::string_view bytes = dialogue[i].bytes;
    const size_t first = i == cut_piece ? cut_at : bytes.size();
    if (!listener.hear(dialogue[i].from_client, bytes.substr(0, first))) break;
    if (first < bytes.size() && !listener.hear(dialogue[i].from_client, bytes.substr(first))) break;
  }
  return listener.log();
}

/// Any split gives the same log. Returns it.
inline std::string play_all_ways(const Dialogue& dialogue) {
  const std::string whole = play(dialogue);
  for (const size_t portion : {1, 2, 3, 5, 7, 23, 24, 25})
    EXPECT_EQ(play(dialogue, portion), whole) << "in portions of " << portion;
  for (size_t piece = 0; piece < dialogue.size(); ++piece) {
    for (size_t at = 1; at < dialogue[piece].bytes.size(); ++at) {
      const std::string cut = play_cut(dialogue, piece, at);
      if (cut == whole) continue;
      EXPECT_EQ(cut, whole) << "piece " << piece << " cut at " << at;
      return whole;
    }
  }
  return whole;
}

// Packets by hand. ------------------------------------------------------------------------------

inline std::string little(uint64_t value, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

inline std::string zeros(size_t count) { return std::string(count, '\0'); }

inline std::string packet(const std::string& payload, uint8_t sequence = 0) {
  return little(payload.size(), 3) + static_cast<char>(sequence) + payload;
}

/// Length-encoded.
inline std::string counted(const std::string& text) {
  if (text.size() < 0xfb) return static_cast<char>(text.size()) + text;
  return "\xfc" + little(text.size(), 2) + text;
}

inline std::string command(uint8_t number, const std::string& rest = "") {
  return packet(static_cast<char>(number) + rest);
}
inline std::string query(const std::string& text) { return command(mysql::kQuery, text); }

constexpr uint16_t kAutocommit = 2;
constexpr uint64_t kOldCapabilities = 1ull << 17 | mysql::kProtocol41 | mysql::kSecureConnection |
                                      mysql::kConnectWithDatabase | mysql::kClientMysql;

inline std::string ok(uint64_t rows = 0, uint16_t status = kAutocommit,
                      const std::string& rest = "") {
  return packet(zeros(1) + static_cast<char>(rows) + zeros(1) + little(status, 2) + zeros(2) + rest,
                1);
}
/// The OK packet that ends rows with kDeprecateEof.
inline std::string end_ok(uint16_t status = kAutocommit, const std::string& rest = "") {
  return packet("\xfe" + zeros(2) + little(status, 2) + zeros(2) + rest, 1);
}
inline std::string eof(uint16_t status = kAutocommit) {
  return packet("\xfe" + zeros(2) + little(status, 2), 1);
}
inline std::string error(uint16_t number, const std::string& message = "#42000No: 'secret'") {
  return packet("\xff" + little(number, 2) + message, 1);
}
inline std::string definition() { return packet("\3def" + std::string(30, 'd'), 2); }
inline std::string row(const std::string& value) { return packet(counted(value), 3); }

inline std::string greeting(uint64_t capabilities, const std::string& version = "8.4.0") {
  const uint64_t extended = (capabilities & mysql::kClientMysql) != 0 ? 0 : capabilities >> 32;
  return packet("\x0a" + version + zeros(1) + "thrdscramble" + zeros(1) + little(capabilities, 2) +
                "\x21" + little(kAutocommit, 2) + little(capabilities >> 16, 2) + "\x15" +
                zeros(6) + little(extended, 4) + "scramblescra" + zeros(1) + "plugin" + zeros(1));
}

inline std::string handshake(uint64_t capabilities, const std::string& user = "alice",
                             const std::string& database = "music") {
  const uint64_t extended = (capabilities & mysql::kClientMysql) != 0 ? 0 : capabilities >> 32;
  std::string payload = little(capabilities, 4) + little(1 << 24, 4) + "\x21" + zeros(19) +
                        little(extended, 4) + user + zeros(1) + counted("password");
  if ((capabilities & mysql::kConnectWithDatabase) != 0) payload += database + zeros(1);
  return packet(payload + "plugin" + zeros(1), 1);
}

/// A connection that has got as far as commands.
inline Dialogue connected(uint64_t capabilities = kOldCapabilities,
                          const std::string& version = "8.4.0") {
  return {{false, greeting(capabilities, version)}, {true, handshake(capabilities)}, {false, ok()}};
}

/// What the log of connected() is.
inline const std::string kConnected = "protocol 3\nuser alice\nready\n";

/// The log of what follows kConnected; split in all ways.
inline std::string talk(const Dialogue& more, uint64_t capabilities = kOldCapabilities,
                        const std::string& version = "8.4.0") {
  Dialogue dialogue = connected(capabilities, version);
  dialogue.insert(dialogue.end(), more.begin(), more.end());
  const std::string log = play_all_ways(dialogue);
  const size_t begin = log.find("ready\n");
  EXPECT_NE(begin, std::string::npos) << log;
  return begin == std::string::npos ? log : log.substr(begin + 6);
}

}  // namespace seamtrace::agent::codecs
