// From the server's first byte to the end of authentication.
#include "agent/codecs/mysql/mysql_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using namespace mysql;
using std::string_literals::operator""s;

// Whether all the beginnings of these bytes may be a greeting; false as soon as one may not.
bool may_greet(const std::string& bytes) {
  GuardedBytes memory(bytes.size());
  for (size_t size = 1; size <= bytes.size(); ++size)
    if (!MysqlCodec::may_greet(memory.hold(bytes.substr(0, size)), size)) return false;
  return true;
}

TEST(MysqlGreeting, IsRecognisedByItsFirstBytes) {
  EXPECT_TRUE(may_greet(greeting(kOldCapabilities)));
  EXPECT_TRUE(may_greet(greeting(kOldCapabilities, "5.5.5-10.11.6-MariaDB-log")));
  EXPECT_TRUE(may_greet(greeting(kOldCapabilities) + "more"));
  EXPECT_TRUE(may_greet(packet("\xff\x10\x04Too many connections")));
  EXPECT_TRUE(may_greet(packet("\xff\x69\x04Host '::1' is blocked")));
}

TEST(MysqlGreeting, OtherProtocolsInWhichTheServerSpeaksFirstAreRefused) {
  EXPECT_FALSE(may_greet("220 mail.example.org ESMTP\r\n"));
  EXPECT_FALSE(may_greet("220 (vsFTPd 3.0.3)\r\n"));
  EXPECT_FALSE(may_greet("SSH-2.0-OpenSSH_9.2\r\n"));
  EXPECT_FALSE(may_greet("+OK POP3 ready\r\n"));
  EXPECT_FALSE(may_greet("* OK IMAP4rev1\r\n"));
  EXPECT_FALSE(may_greet("RFB 003.008\n"));
  EXPECT_FALSE(may_greet("@RSYNCD: 31.0\n"));
  EXPECT_FALSE(may_greet("\xff\xfd\x18\xff\xfd\x20"));       // telnet
  EXPECT_FALSE(may_greet("\xff\0\0\0\0\0\0\0\1\x7f\3\0"s));  // ZeroMQ
  EXPECT_FALSE(may_greet("\5\0\0\0\x0b\x08\5\x1a\0"s));      // MySQL's X protocol
  EXPECT_FALSE(may_greet("\0\0\x12\4\0\0\0\0\0"s));          // HTTP/2 settings
  EXPECT_FALSE(may_greet("\x16\3\3\0\x7a\2"s));              // TLS
  EXPECT_FALSE(may_greet(std::string(4, '\0') + std::string(4, '\1')));
}

TEST(MysqlGreeting, AnotherVersionOrSequenceIsRefused) {
  std::string bytes = greeting(kOldCapabilities);
  bytes[3] = 1;
  EXPECT_FALSE(may_greet(bytes));
  EXPECT_EQ(play_all_ways({{false, bytes}}), "not mine\n");
  bytes = greeting(kOldCapabilities);
  bytes[4] = 9;
  EXPECT_FALSE(may_greet(bytes));
  EXPECT_EQ(play_all_ways({{false, bytes}}), "not mine\n");
  EXPECT_FALSE(may_greet(packet("\x0a"s + "\1\2\3")));
  EXPECT_FALSE(may_greet(packet("\x0a\0abc"s)));
  EXPECT_FALSE(may_greet(packet("\xff\1\0what"s)));
  EXPECT_FALSE(may_greet(packet("\x0a" + std::string(1024, 'v'))));
}

TEST(MysqlGreeting, TellsWhichOfTheTwoItIs) {
  EXPECT_EQ(play_all_ways({{false, greeting(kOldCapabilities, "8.4.0")}}), "protocol 3\n");
  EXPECT_EQ(play_all_ways({{false, greeting(kOldCapabilities, "11.4.2-MariaDB-log")}}),
            "protocol 4\n");
  EXPECT_EQ(play_all_ways({{false, greeting(kOldCapabilities, "5.5.5-10.6.1-MMariaDB")}}),
            "protocol 4\n");
  EXPECT_EQ(play_all_ways({{false, greeting(kOldCapabilities, "8.0.1-MariaD")}}), "protocol 3\n");
}

TEST(MysqlGreeting, AnErrorInsteadOfAGreetingRejectsTheConnection) {
  EXPECT_EQ(play_all_ways({{false, packet("\xff\x10\x04Too many connections")}}),
            "rejected 1040\n");
  EXPECT_EQ(play_all_ways({{false, packet("\xff")}}), "rejected \n");
  EXPECT_EQ(play_all_ways({{false, packet("\xff\1\0x"s)}}), "not mine\n");
}

TEST(MysqlGreeting, ServersAndClientsBeforeTheFourthVersionAreNotFollowed) {
  EXPECT_EQ(play_all_ways({{false, greeting(kClientMysql, "4.0.1")}}), "protocol 3\nnot mine\n");
  EXPECT_EQ(play_all_ways({{false, packet("\x0a"s + "3.23\0thrdscramble\0\x2c\x20"s)}}),
            "protocol 3\nnot mine\n");
  EXPECT_EQ(play_all_ways({{false, greeting(kOldCapabilities)},
                           {true, packet(little(0x2485, 2) + zeros(3) + "root" + zeros(9), 1)}}),
            "protocol 3\nnot mine\n");
  EXPECT_EQ(play_all_ways({{false, greeting(kOldCapabilities)},
                           {true, handshake(kOldCapabilities & ~kProtocol41)}}),
            "protocol 3\nnot mine\n");
}

TEST(MysqlGreeting, AClientDoesNotSpeakFirst) {
  EXPECT_EQ(play_all_ways({{true, query("SELECT 1")}}), "not mine\n");
}

TEST(MysqlHandshake, TellsUserAndDatabase) {
  EXPECT_EQ(play_all_ways(connected()), kConnected);
  EXPECT_EQ(talk({{true, query("SELECT 1")}}), "in flight command=3 in=music {SELECT 1}\n");
}

TEST(MysqlHandshake, ADatabaseIsOnlyThereWhenBothSaySo) {
  const uint64_t without = kOldCapabilities & ~uint64_t{kConnectWithDatabase};
  EXPECT_EQ(talk({{true, query("SELECT 1")}}, without), "in flight command=3 {SELECT 1}\n");
}

TEST(MysqlHandshake, AuthenticationDataComesInThreeForms) {
  for (const uint64_t form : {uint64_t{0}, uint64_t{kSecureConnection},
                              uint64_t{kSecureConnection | kAuthLengthEncoded}}) {
    const uint64_t capabilities = kProtocol41 | kClientMysql | kConnectWithDatabase | form;
    const std::string data(form == 0 ? 40 : form == kSecureConnection ? 250 : 300, 'p');
    const std::string response = little(capabilities, 4) + zeros(28) + "alice" + zeros(1) +
                                 (form == 0 ? data + zeros(1) : counted(data)) + "music";
    EXPECT_EQ(play_all_ways({{false, greeting(capabilities)},
                             {true, packet(response, 1)},
                             {false, ok()},
                             {true, query("SELECT 1")}}),
              kConnected + "in flight command=3 in=music {SELECT 1}\n");
  }
}

TEST(MysqlHandshake, ALongNameIsCutTheSameWayHoweverItComes) {
  const std::string name(100, 'n');
  EXPECT_EQ(play_all_ways({{false, greeting(kOldCapabilities)},
                           {true, handshake(kOldCapabilities, name, "m")}}),
            "protocol 3\nuser " + name.substr(0, 64) + "\n");
}

TEST(MysqlHandshake, ARequestForTlsEndsWhatCanBeRead) {
  const uint64_t capabilities = kOldCapabilities | kSsl;
  EXPECT_EQ(play_all_ways({{false, greeting(capabilities)},
                           {true, packet(little(capabilities, 4) + zeros(28), 1) + "\x16\3\1"}}),
            "protocol 3\nencrypted\n");
  EXPECT_EQ(play_all_ways({{false, greeting(capabilities)},
                           {true, packet(little(kOldCapabilities, 4) + zeros(28), 1)}}),
            "protocol 3\nnot mine\n");
}

TEST(MysqlHandshake, WhatChangesTheFramingEndsItWhenAuthenticationIsThrough) {
  for (const uint64_t capability :
       {uint64_t{kCompress}, uint64_t{kZstdCompression}, uint64_t{kCapabilityExtension}}) {
    const uint64_t both = kOldCapabilities | capability;
    EXPECT_EQ(play_all_ways(connected(both)), kConnected + "compressed\n");
    EXPECT_EQ(play_all_ways({{false, greeting(both)},
                             {true, handshake(kOldCapabilities)},
                             {false, ok()},
                             {true, query("SELECT 1")}}),
              kConnected + "in flight command=3 in=music {SELECT 1}\n");
  }
  const uint64_t unknown = (kOldCapabilities & ~uint64_t{kClientMysql}) | 1ull << 40;
  EXPECT_EQ(play_all_ways(connected(unknown, "12.0.1-MariaDB")),
            "protocol 4\nuser alice\nready\ncompressed\n");
}

TEST(MysqlAuthentication, HasAnyNumberOfRounds) {
  EXPECT_EQ(play_all_ways({{false, greeting(kOldCapabilities)},
                           {true, handshake(kOldCapabilities)},
                           {false, packet("\xfe"s + "caching_sha2_password\0scramble"s, 2)},
                           {true, packet("answer", 3)},
                           {false, packet("\1\4", 4)},
                           {true, packet("\2", 5)},
                           {false, packet("\1-----BEGIN PUBLIC KEY-----", 6)},
                           {true, packet(std::string(256, 'e'), 7)},
                           {false, packet("\2another_factor", 8)},
                           {true, packet("", 9)},
                           {false, packet("\1\3", 10) + ok()},
                           {true, query("SELECT 1")}}),
            kConnected + "in flight command=3 in=music {SELECT 1}\n");
}

TEST(MysqlAuthentication, ARefusalIsTold) {
  const std::string before = "protocol 3\nuser alice\n";
  const Dialogue beginning = {{false, greeting(kOldCapabilities)},
                              {true, handshake(kOldCapabilities)}};
  Dialogue refused = beginning;
  refused.push_back({false, error(1045)});
  EXPECT_EQ(play_all_ways(refused), before + "rejected 1045\n");
  Dialogue cut = beginning;
  cut.push_back({false, packet("\xff\x15", 2)});
  EXPECT_EQ(play_all_ways(cut), before + "rejected \n");
  EXPECT_EQ(play_all_ways({{false, greeting(kOldCapabilities) + error(1159)}}),
            "protocol 3\nrejected 1159\n");
}

TEST(MysqlAuthentication, AnImpossiblePacketIsNotMine) {
  const Dialogue beginning = {{false, greeting(kOldCapabilities)},
                              {true, handshake(kOldCapabilities)}};
  for (const std::string& bytes : {packet("\x05what", 2), packet("", 2), packet("\0\0"s, 2)}) {
    Dialogue dialogue = beginning;
    dialogue.push_back({false, bytes});
    EXPECT_EQ(play_all_ways(dialogue), "protocol 3\nuser alice\nnot mine\n");
  }
}

TEST(MysqlAuthentication, NothingOfItIsRecorded) {
  const std::string log = play_all_ways(
      {{false, greeting(kOldCapabilities)},
       {true, handshake(kOldCapabilities)},
       {false, packet("\xfe"s + "mysql_clear_password\0"s, 2)},
       {true, packet("password", 3)},
       {false, ok()},
       {true, command(kChangeUser, "bob\0"s + counted("password") + "shop\0!\0plugin\0"s)},
       {false, ok()}});
  EXPECT_EQ(log.find("password"), std::string::npos) << log;
}

}  // namespace
}  // namespace seamtrace::agent::codecs
