// Commands that are not about statements, and how commands and answers pair.
#include "agent/codecs/mysql/mysql_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using namespace mysql;
using std::string_literals::operator""s;

TEST(MysqlCommand, EachIsOneOperation) {
  for (const uint8_t number : {0x05, 0x06, 0x07, 0x0c, 0x0e, 0x1a, 0x1f}) {
    EXPECT_EQ(talk({{true, command(number)}, {false, ok()}}),
              "answered command=" + std::to_string(number) + " in=music\n");
    EXPECT_EQ(talk({{true, command(number)}, {false, error(1047)}}),
              "answered command=" + std::to_string(number) + " in=music error=1047\n");
  }
}

TEST(MysqlCommand, SomeHaveNoAnswerAndAreNoOperation) {
  EXPECT_EQ(talk({{true, command(kStatementClose, little(1, 4)) +
                             command(kStatementSendLongData, little(1, 4) + zeros(2) + "hidden") +
                             command(kQuit)}}),
            "");
}

TEST(MysqlCommand, SomeEndWithAnEof) {
  EXPECT_EQ(talk({{true, command(kSetOption, zeros(2))}, {false, eof()}}),
            "answered command=27 in=music\n");
  EXPECT_EQ(talk({{true, command(kSetOption, zeros(2))}, {false, end_ok()}},
                 kOldCapabilities | kDeprecateEof),
            "answered command=27 in=music\n");
  EXPECT_EQ(talk({{true, command(kDebug)}, {false, eof()}}), "answered command=13 in=music\n");
  EXPECT_EQ(talk({{true, command(0x0e)}, {false, eof()}}),
            "in flight command=14 in=music\nnot mine\n");
}

TEST(MysqlCommand, StatisticsAreABareText) {
  EXPECT_EQ(talk({{true, command(kStatistics)}, {false, packet("Uptime: 7  Threads: 1", 1)}}),
            "answered command=9 in=music\n");
}

TEST(MysqlCommand, AListOfFieldsIsDefinitionsWithoutACount) {
  EXPECT_EQ(talk({{true, command(kFieldList, "table\0%"s)},
                  {false, definition() + definition() + eof()}}),
            "answered command=4 in=music\n");
  EXPECT_EQ(talk({{true, command(kFieldList, "table\0"s)}, {false, error(1146)}}),
            "answered command=4 in=music error=1146\n");
}

TEST(MysqlCommand, ReplicationIsNotFollowed) {
  for (const uint8_t number : {kBinlogDump, kTableDump, kRegisterReplica, kBinlogDumpGtid})
    EXPECT_EQ(talk({{true, command(number, zeros(10))}}),
              "sent command=" + std::to_string(number) + " in=music\nnot mine\n");
}

TEST(MysqlCommand, AnUnknownOneIsNotMine) {
  for (const uint8_t number : {0x20, 0x7f, 0xfe, 0xff})
    EXPECT_EQ(talk({{true, command(number)}}), "not mine\n");
  EXPECT_EQ(talk({{true, packet("")}}), "not mine\n");
  EXPECT_EQ(talk({{true, packet("\3SELECT 1", 1)}}), "not mine\n");
}

TEST(MysqlCommand, NoRoomForAnotherOperationIsNotMine) {
  Listener<MysqlCodec> listener;
  for (const Turn& turn : connected()) listener.feed(turn.client, turn.bytes);
  listener.operations.limit(1);
  listener.client(query("SELECT 1"));
  EXPECT_EQ(listener.taken, Taken::kAll);
  listener.client(query("SELECT 2"));
  EXPECT_EQ(listener.taken, Taken::kNotMine);
}

TEST(MysqlCommand, AnotherDatabaseIsInForceWhenItWasAnsweredOk) {
  const std::string select = query("SELECT 1");
  EXPECT_EQ(talk({{true, command(kInitDatabase, "shop")}, {false, ok()}, {true, select}}),
            "answered command=2 in=music {USE shop}\nin flight command=3 in=shop {SELECT 1}\n");
  EXPECT_EQ(talk({{true, command(kInitDatabase, "shop")}, {false, error(1049)}, {true, select}}),
            "answered command=2 in=music {USE shop} error=1049\n"
            "in flight command=3 in=music {SELECT 1}\n");
}

TEST(MysqlCommand, UseChangesTheDatabase) {
  const std::pair<const char*, const char*> uses[] = {
      {"USE shop", "shop"},       {"use shop;", "shop"},
      {"\n Use\t`shop`", "shop"}, {"USE`my ``shop`;", "my `shop"},
      {"use shop ;", "shop"},     {"USE shop; SELECT 1", "shop"},
      {"USER shop", "music"},     {"use", "music"},
      {"use ;", "music"},         {"use `shop", "music"},
      {"(use shop)", "music"},    {"update use shop", "music"},
      {"use ``", "music"},
  };
  for (const auto& [text, expected] : uses)
    EXPECT_EQ(talk({{true, query(text)}, {false, ok()}, {true, query("x")}}),
              "answered command=3 in=music {"s + text +
                  "} rows=0\nin flight command=3 in=" + expected + " {x}\n");
  EXPECT_EQ(talk({{true, query("USE shop")}, {false, error(1049)}, {true, query("x")}}),
            "answered command=3 in=music {USE shop} error=1049\n"
            "in flight command=3 in=music {x}\n");
}

TEST(MysqlCommand, UseCountsWhenItsOwnAnswerComes) {
  EXPECT_EQ(talk({{true, query("DO 1") + query("USE shop") + query("UPDATE t SET a = 1")},
                  {false, ok()},
                  {true, query("a")},
                  {false, ok()},
                  {true, query("b")}}),
            "answered command=3 in=music {DO 1} rows=0\n"
            "answered command=3 in=music {USE shop} rows=0\n"
            "in flight command=3 in=music {UPDATE t SET a = 1}\n"
            "in flight command=3 in=music {a}\n"
            "in flight command=3 in=shop {b}\n");
}

TEST(MysqlCommand, ANameThatIsHalfReadIsNobodysDatabase) {
  const std::string second = query("USE other");
  EXPECT_EQ(talk({{true, query("USE shop") + second.substr(0, 10)},
                  {false, ok()},
                  {true, second.substr(10) + query("x")},
                  {false, ok()},
                  {true, query("y")}}),
            "answered command=3 in=music {USE shop} rows=0\n"
            "answered command=3 in=music {USE other} rows=0\n"
            "in flight command=3 in=music {x}\nin flight command=3 in=other {y}\n");
}

TEST(MysqlCommand, UseIsSeenInStatementsThatAreNotRecorded) {
  Listener<MysqlCodec> listener;
  for (const Turn& turn : connected()) listener.feed(turn.client, turn.bytes);
  listener.operations.record_nothing();
  listener.client(query("USE shop")).server(ok()).client(query("SELECT 1")).server(ok());
  EXPECT_EQ(listener.log(), kConnected +
                                "answered command=3 in=music rows=0\n"
                                "answered command=3 in=shop rows=0\n");
}

TEST(MysqlCommand, TheServerTellsWhichDatabaseIsInForce) {
  const std::string schema = "\1" + counted(counted("shop"));
  const std::string variable = zeros(1) + counted(counted("autocommit") + counted("OFF"));
  for (const std::string& text : {""s, std::string(300, 'i')}) {
    for (const std::string& changes : {schema, variable + schema + variable}) {
      const std::string rest = counted(text) + counted(changes);
      EXPECT_EQ(talk({{true, query("CALL go()")}, {false, ok(1, 0x4002, rest)}, {true, query("x")}},
                     kOldCapabilities | kSessionTrack),
                "answered command=3 in=music {CALL go()} rows=1\n"
                "in flight command=3 in=shop {x}\n");
    }
  }
  EXPECT_EQ(talk({{true, query("DROP DATABASE music")},
                  {false, ok(1, 0x4002, zeros(1) + counted("\1" + counted(zeros(1))))},
                  {true, query("x")}},
                 kOldCapabilities | kSessionTrack),
            "answered command=3 in=music {DROP DATABASE music} rows=1\n"
            "in flight command=3 {x}\n");
}

TEST(MysqlCommand, AChangeOfUsersAuthenticatesAgain) {
  const std::string change =
      command(kChangeUser, "bob\0"s + counted("password") + "shop\0\x21\0plugin\0"s);
  EXPECT_EQ(talk({{true, change},
                  {false, packet("\xfe"s + "plugin\0scramble"s, 1)},
                  {true, packet("again", 2)},
                  {false, packet("\1\3", 3) + ok()},
                  {true, query("x")}}),
            "user bob\nanswered command=17 in=music\nin flight command=3 in=shop {x}\n");
  EXPECT_EQ(talk({{true, change}, {false, error(1045)}}),
            "user bob\nrejected 1045\nanswered command=17 in=music error=1045\n");
  // The rounds are over: another one is out of step.
  EXPECT_EQ(talk({{true, change},
                  {false, packet("\1\4", 1)},
                  {true, packet("again", 2)},
                  {false, ok()},
                  {true, packet("again", 4)}}),
            "user bob\nanswered command=17 in=music\nnot mine\n");
  // One byte is the length, whatever the first handshake has agreed on.
  EXPECT_EQ(talk({{true, command(kChangeUser, "bob\0\xfc"s + std::string(252, 'p') + "shop\0"s)},
                  {false, ok()},
                  {true, query("x")}},
                 kOldCapabilities | kAuthLengthEncoded),
            "user bob\nanswered command=17 in=music\nin flight command=3 in=shop {x}\n");
}

TEST(MysqlCommand, TransactionsAreTold) {
  EXPECT_EQ(talk({{true, query("BEGIN")},
                  {false, ok(0, 3)},
                  {true, query("SELECT 1")},
                  {false, packet("\1", 1) + definition() + eof(3) + row("1") + eof(3)},
                  {true, query("COMMIT")},
                  {false, ok()},
                  {true, query("SELECT 2")},
                  {false, error(1064)}}),
            "transaction\n"
            "answered command=3 in=music {BEGIN} rows=0\n"
            "answered command=3 in=music {SELECT 1} rows=1 in-transaction\n"
            "no transaction\n"
            "answered command=3 in=music {COMMIT} rows=0 in-transaction\n"
            "answered command=3 in=music {SELECT 2} error=1064\n");
}

TEST(MysqlCommand, AnswersComeInTheOrderOfTheCommands) {
  EXPECT_EQ(talk({{true, query("A") + command(0x0e) + query("B") +
                             command(kStatementClose, little(9, 4)) + query("C")},
                  {false, ok(1) + ok() + error(1146) + packet("\1", 1) + definition() + eof() +
                              row("v") + eof()}}),
            "answered command=3 in=music {A} rows=1\n"
            "answered command=14 in=music\n"
            "answered command=3 in=music {B} error=1146\n"
            "answered command=3 in=music {C} rows=1\n");
}

TEST(MysqlCommand, AnAnswerToNothingIsNotMine) {
  EXPECT_EQ(talk({{false, ok()}}), "not mine\n");
  EXPECT_EQ(talk({{true, query("A")}, {false, ok() + ok()}}),
            "answered command=3 in=music {A} rows=0\nnot mine\n");
}

TEST(MysqlCommand, AServerMayTakeItsLeaveWithAnError) {
  EXPECT_EQ(talk({{false, error(4031)}}), "");
  EXPECT_EQ(talk({{false, error(4031)}, {true, query("A")}, {false, error(4031)}}),
            "answered command=3 in=music {A} error=4031\n");
}

}  // namespace
}  // namespace seamtrace::agent::codecs
