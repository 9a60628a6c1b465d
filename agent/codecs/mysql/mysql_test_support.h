// What the tests of MysqlCodec share: packets by hand, and dialogues that begin with a login.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "agent/codecs/mysql/mysql_codec.h"
#include "agent/codecs/testing/dialogue.h"

namespace seamtrace::agent::codecs {

/// Any split gives the same log. Returns it.
inline std::string play_all_ways(const Dialogue& dialogue) {
  return listen_in_pieces<MysqlCodec>(dialogue, {{1, 2, 3, 5, 7, 23, 24, 25}, SIZE_MAX});
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
