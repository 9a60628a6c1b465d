// Lengths and types that cannot be, and dialogues in any portions.
#include <algorithm>
#include <functional>
#include <random>

#include "agent/codecs/postgresql/postgresql_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using namespace postgresql_test;

std::string head(char type, size_t length) { return type + number(length, 4); }

Taken from_client(const std::string& bytes) {
  Talk talk;
  talk.start();
  return talk.client(bytes);
}

Taken from_server(const std::string& bytes) {
  Talk talk;
  talk.start();
  talk.client(query("a"));
  return talk.server(bytes);
}

TEST(PostgresqlFraming, UnknownTypesAreNotMine) {
  const std::string client = "QPBEDCSHXFdcfp";
  const std::string server = "123ACDEGHIKNRSTVWZcdnstv";
  for (int type = 0; type < 256; ++type) {
    const auto byte = static_cast<char>(type);
    const bool known = client.find(byte) != std::string::npos;
    const bool empty = std::string("SHXc").find(byte) != std::string::npos;
    EXPECT_EQ(from_client(head(byte, empty ? 4 : 40)), known ? Taken::kAll : Taken::kNotMine)
        << type;
    if (server.find(byte) != std::string::npos) continue;
    EXPECT_EQ(from_server(head(byte, 40)), Taken::kNotMine) << type;
  }
}

TEST(PostgresqlFraming, LengthsBelowTheirOwnSizeAreNotMine) {
  for (const char type : {'Q', 'P', 'd', 'S'})
    for (const size_t length : {0, 3}) EXPECT_EQ(from_client(head(type, length)), Taken::kNotMine);
  for (const char type : {'D', 'N', 'Z', 'T'})
    for (const size_t length : {0, 3}) EXPECT_EQ(from_server(head(type, length)), Taken::kNotMine);
}

TEST(PostgresqlFraming, LengthsBeyondTheProtocolsLimitsAreNotMine) {
  constexpr size_t kGibibyte = 1 << 30;
  for (const char type : {'Q', 'P', 'B', 'd'}) {
    EXPECT_EQ(from_client(head(type, kGibibyte)), Taken::kAll);
    EXPECT_EQ(from_client(head(type, kGibibyte + 1)), Taken::kNotMine);
  }
  EXPECT_EQ(from_client(head('E', 20000)), Taken::kNotMine);
  EXPECT_EQ(from_client(head('S', 5)), Taken::kNotMine);
  EXPECT_EQ(from_server(head('D', kGibibyte)), Taken::kAll);
  EXPECT_EQ(from_server(head('D', kGibibyte + 1)), Taken::kNotMine);
  EXPECT_EQ(from_server(head('C', 30001)), Taken::kNotMine);
  EXPECT_EQ(from_server(head('Z', 6)), Taken::kNotMine);
  EXPECT_EQ(from_server(message('Z', "x")), Taken::kNotMine);
}

TEST(PostgresqlFraming, FieldsBeyondTheirMessageAreNotMine) {
  EXPECT_EQ(from_client(message('Q')), Taken::kNotMine);
  EXPECT_EQ(from_client(message('P')), Taken::kNotMine);
  EXPECT_EQ(from_client(message('P', "name")), Taken::kNotMine);
  EXPECT_EQ(from_client(message('P', "name\0"s)), Taken::kNotMine);
  EXPECT_EQ(from_client(message('P', "name\0text"s)), Taken::kNotMine);
  EXPECT_EQ(from_client(message('P', "name\0text\0\0"s)), Taken::kNotMine);
  EXPECT_EQ(from_client(message('B', "\0"s)), Taken::kNotMine);
  EXPECT_EQ(from_client(message('B', "\0\0\0"s)), Taken::kNotMine);
  EXPECT_EQ(from_client(message('B', "\0\0\0\2\0\1\0"s)), Taken::kNotMine);
  EXPECT_EQ(from_client(message('B', "\0\0\0\2\0\1\0\1\0"s)), Taken::kNotMine);
  EXPECT_EQ(from_client(message('E', "\0\0\0\0"s)), Taken::kNotMine);
  EXPECT_EQ(from_client(message('E', "\0\0\0\0\0\0"s)), Taken::kNotMine);
  EXPECT_EQ(from_client(message('D', "X\0"s)), Taken::kNotMine);
  EXPECT_EQ(from_client(message('D', "S"s)), Taken::kNotMine);
  EXPECT_EQ(from_client(message('C', "S\0more"s)), Taken::kNotMine);
}

// Everything at once.
Dialogue dialogue() {
  const std::string fails = parse("again", "bad") + bind_portal("", "again", 3) + execute();
  return {
      {'C', packet(kSslRequest)},
      {'S', "N"},
      {'C', packet(kVersion, "user\0me\0database\0shop\0application_name\0x\0\0"s)},
      {'S', message('R', number(0, 4)) + started()},
      {'C', query("BEGIN; SELECT 1") + call("SELECT $1") + fails + call("skipped") + query("x")},
      {'S', message('N', std::string(70, 'n')) + complete("BEGIN") + columns() + row() +
                complete("SELECT 1") + ready('T') + parsed() + bound() + columns() + row() +
                complete("SELECT 1") + ready('T') + error("42601") + ready('E') + error("25P02") +
                ready('E')},
      {'C', parse("named statement", "SELECT 'a'") + describe('S', "named statement") +
                bind_portal("portal", "named statement", 70) + describe('P', "portal") +
                execute("portal", 1) + execute("portal") + close('P', "portal") +
                close('S', "named statement") + message('F', number(1, 4)) + sync()},
      {'S', parsed() + message('t', number(0, 2)) + columns() + bound() + columns() + row() +
                suspended() + row() + row() + complete("SELECT 2") + closed() + closed() +
                message('V', number(3, 4) + "abc") + ready('T') + ready('T')},
      {'C', query("COPY t FROM STDIN")},
      {'S', message('G', "\0\0\0"s)},
      {'C', message('d', "1\n") + message('f', "no\0"s) + query("ROLLBACK")},
      {'S', error("57014") + ready('E') + complete("ROLLBACK") + ready('I')},
      {'C', query("SELECT pg_sleep(1)")},
      {'S', error("57P01", "FATAL")},
  };
}

std::string story_in_portions(const Dialogue& turns, const std::function<size_t()>& portion) {
  Talk talk;
  for (const Turn& turn : turns)
    for (size_t at = 0; at < turn.bytes.size();) {
      const size_t size = std::min(portion(), turn.bytes.size() - at);
      talk.feed(turn.from, std::string_view(turn.bytes).substr(at, size));
      at += size;
    }
  return talk.story();
}

TEST(PostgresqlSplit, AnyPortionsMeanTheSame) {
  const std::string whole = story_in_portions(dialogue(), [] { return SIZE_MAX; });
  EXPECT_EQ(whole,
            "user me\nready\n"
            "answered command=81 in=shop {BEGIN; SELECT 1} rows=1 batch=2\ntransaction\n"
            "answered command=69 in=shop {SELECT $1} rows=1\n"
            "answered command=69 in=shop {bad} error=42601 parameterised\n"
            "skipped command=69 in=shop {skipped}\n"
            "answered command=81 in=shop {x} error=25P02\n"
            "answered command=69 in=shop {SELECT 'a'} rows=1 parameterised in-transaction\n"
            "answered command=69 in=shop {SELECT 'a'} rows=2 parameterised in-transaction\n"
            "answered command=70 in=shop in-transaction\n"
            "answered command=81 in=shop {COPY t FROM STDIN} error=57014 in-transaction\n"
            "answered command=81 in=shop {ROLLBACK} in-transaction\nno transaction\n"
            "in flight command=81 in=shop {SELECT pg_sleep(1)} error=57P01\n0");
  EXPECT_EQ(story_in_portions(dialogue(), [] { return 1; }), whole);
  std::mt19937 random(4711);
  for (size_t round = 2; round < 200; ++round)
    ASSERT_EQ(story_in_portions(dialogue(), [&] { return random() % round + 1; }), whole) << round;
}

TEST(PostgresqlSplit, EachTurnInTwoMeansTheSame) {
  const Dialogue turns = dialogue();
  const std::string whole = story_in_portions(turns, [] { return SIZE_MAX; });
  for (size_t turn = 0; turn < turns.size(); ++turn)
    for (size_t at = 1; at < turns[turn].bytes.size(); ++at) {
      Dialogue split = turns;
      split.insert(split.begin() + static_cast<ptrdiff_t>(turn) + 1,
                   {turns[turn].from, turns[turn].bytes.substr(at)});
      split[turn].bytes.resize(at);
      ASSERT_EQ(story_in_portions(split, [] { return SIZE_MAX; }), whole) << turn << " " << at;
    }
}

}  // namespace
}  // namespace seamtrace::agent::codecs
