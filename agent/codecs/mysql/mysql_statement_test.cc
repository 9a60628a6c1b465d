// Prepared statements, cursors, and what MySQL 8 puts in front of a statement's text.
#include "agent/codecs/mysql/mysql_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using namespace mysql;
using std::string_literals::operator""s;

constexpr uint64_t kMariadbCapabilities = (kOldCapabilities & ~uint64_t{kClientMysql});

std::string prepare(const std::string& text) { return command(kStatementPrepare, text); }
std::string prepared(uint32_t id, uint16_t columns, uint16_t parameters,
                     const std::string& rest = "") {
  return packet(
      zeros(1) + little(id, 4) + little(columns, 2) + little(parameters, 2) + zeros(3) + rest, 1);
}
std::string execute(uint32_t id, const std::string& values = "", uint8_t flags = 0) {
  return command(kStatementExecute,
                 little(id, 4) + static_cast<char>(flags) + little(1, 4) + values);
}
std::string binary_row(const std::string& value) { return packet(zeros(2) + counted(value), 4); }
const std::string kOneValue = "\0\1\x08\0\5\0\0\0\0\0\0\0"s;

TEST(MysqlStatement, APreparationIsNoOperationWhenItSucceeds) {
  EXPECT_EQ(talk({{true, prepare("SELECT ?")},
                  {false, prepared(1, 1, 1) + definition() + eof() + definition() + eof()},
                  {true, query("Q")}}),
            "in flight command=3 in=music {Q}\n");
  EXPECT_EQ(talk({{true, prepare("DO 1")}, {false, prepared(1, 0, 0)}}), "");
  EXPECT_EQ(
      talk({{true, prepare("DO ?")}, {false, prepared(1, 0, 2) + definition() + definition()}},
           kOldCapabilities | kDeprecateEof),
      "");
}

TEST(MysqlStatement, APreparationThatFailsIsOne) {
  EXPECT_EQ(talk({{true, prepare("SELECT ? FROM nowhere")}, {false, error(1146)}}),
            "answered command=22 in=music {SELECT ? FROM nowhere} error=1146\n");
  EXPECT_EQ(talk({{true, prepare("x")}, {false, packet("\1\0\0"s, 1)}}),
            "in flight command=22 in=music {x}\nnot mine\n");
}

TEST(MysqlStatement, AnExecutionHasTheTextOfItsPreparation) {
  EXPECT_EQ(talk({{true, prepare("INSERT INTO t VALUES (?)")},
                  {false, prepared(3, 0, 1) + definition() + eof()},
                  {true, prepare("SELECT a FROM t")},
                  {false, prepared(4, 1, 0) + definition() + eof()},
                  {true, execute(3, kOneValue)},
                  {false, ok(1)},
                  {true, execute(4)},
                  {false, packet("\1", 1) + definition() + eof() + binary_row("a") +
                              binary_row("\xfe") + eof()},
                  {true, command(kStatementClose, little(3, 4)) + execute(3, kOneValue)},
                  {false, error(1243)}}),
            "answered command=23 in=music {INSERT INTO t VALUES (?)} rows=1 parameterised\n"
            "answered command=23 in=music {SELECT a FROM t} rows=2\n"
            "answered command=23 in=music error=1243 parameterised text-missing\n");
}

TEST(MysqlStatement, ItsTextIsKeptWhenItsPreparationIsNotRecorded) {
  Listener<MysqlCodec> listener;
  for (const Turn& turn : connected()) listener.feed(turn.client, turn.bytes);
  listener.operations.record_nothing();
  listener.client(prepare("SELECT 1")).server(prepared(1, 0, 0)).client(execute(1));
  EXPECT_EQ(listener.operations.pending(), "in flight command=23 in=music\n");
}

TEST(MysqlStatement, AnExecutionThatIsTooShortHasNoText) {
  EXPECT_EQ(talk({{true, command(kStatementExecute, "\1\0"s)}, {false, error(1835)}}),
            "answered command=23 in=music error=1835 text-missing\n");
}

TEST(MysqlStatement, LongDataHasNoAnswer) {
  EXPECT_EQ(talk({{true, prepare("SELECT ?")},
                  {false, prepared(1, 0, 1) + definition() + eof()},
                  {true, command(kStatementSendLongData, little(1, 4) + zeros(2) + "hidden") +
                             execute(1, kOneValue)},
                  {false, ok()}}),
            "answered command=23 in=music {SELECT ?} rows=0 parameterised\n");
}

TEST(MysqlStatement, ACursorHasNoRowsUntilTheyAreFetched) {
  const std::string fetch = command(kStatementFetch, little(1, 4) + little(2, 4));
  EXPECT_EQ(talk({{true, prepare("SELECT a FROM t")},
                  {false, prepared(1, 1, 0) + definition() + eof()},
                  {true, execute(1, "", 1)},
                  {false, packet("\1", 1) + definition() + eof(0x42)},
                  {true, fetch},
                  {false, binary_row("a") + binary_row("b") + eof(0x42)},
                  {true, fetch},
                  {false, eof(0x82)}}),
            "answered command=23 in=music {SELECT a FROM t}\n"
            "answered command=28 in=music {SELECT a FROM t} rows=2\n"
            "answered command=28 in=music {SELECT a FROM t} rows=0\n");
  EXPECT_EQ(talk({{true, execute(1, "", 1)},
                  {false, packet("\1", 1) + definition() + end_ok(0x42)},
                  {true, fetch},
                  {false, binary_row("a") + end_ok(0x82)}},
                 kOldCapabilities | kDeprecateEof),
            "answered command=23 in=music text-missing\n"
            "answered command=28 in=music rows=1 text-missing\n");
}

TEST(MysqlStatement, BulkExecutionHasParameters) {
  EXPECT_EQ(talk({{true, prepare("INSERT INTO t VALUES (?)")},
                  {false, prepared(2, 0, 1) + definition() + eof()},
                  {true, command(kStatementBulkExecute, little(2, 4) + "\x80\0\3\0\0\1"s)},
                  {false, ok(4)}},
                 kMariadbCapabilities, "10.11.1-MariaDB"),
            "answered command=250 in=music {INSERT INTO t VALUES (?)} rows=4 parameterised\n");
}

TEST(MysqlStatement, TheLastOneMayBeExecutedBeforeItsPreparationIsAnswered) {
  EXPECT_EQ(talk({{true, prepare("DELETE FROM t") + execute(kLastPrepared)},
                  {false, prepared(8, 0, 0) + ok(5)},
                  {true, execute(kLastPrepared) + execute(8)},
                  {false, ok(1) + ok(2)},
                  {true, prepare("nonsense") + execute(kLastPrepared)},
                  {false, error(1064) + error(1243)},
                  {true, execute(kLastPrepared)},
                  {false, error(1243)}}),
            "answered command=23 in=music {DELETE FROM t} rows=5\n"
            "answered command=23 in=music {DELETE FROM t} rows=1\n"
            "answered command=23 in=music {DELETE FROM t} rows=2\n"
            "answered command=22 in=music {nonsense} error=1064\n"
            "answered command=23 in=music {nonsense} error=1243\n"
            "answered command=23 in=music error=1243 text-missing\n");
}

TEST(MysqlStatement, PreparationsInAPipelineKeepTheirTexts) {
  EXPECT_EQ(talk({{true, prepare("A") + prepare("B") + prepare("C") + execute(kLastPrepared)},
                  {false, prepared(1, 0, 0) + error(1064) + prepared(2, 0, 0) + ok()},
                  {true, execute(1) + execute(2)}}),
            "answered command=22 in=music {B} error=1064\n"
            "answered command=23 in=music {C} rows=0\n"
            "in flight command=23 in=music {A}\nin flight command=23 in=music {C}\n");
}

TEST(MysqlStatement, AResetOfTheConnectionForgetsThem) {
  EXPECT_EQ(talk({{true, prepare("A")},
                  {false, prepared(1, 0, 0)},
                  {true, command(kResetConnection) + execute(1)},
                  {false, ok() + error(1243)}}),
            "answered command=31 in=music\n"
            "answered command=23 in=music error=1243 text-missing\n");
  // One whose answer is still to come stays, so that the next one is not taken for it.
  EXPECT_EQ(talk({{true, prepare("A") + command(kResetConnection) + prepare("B")},
                  {false, prepared(1, 0, 0) + ok() + prepared(2, 0, 0)},
                  {true, execute(2)}}),
            "answered command=31 in=music\nin flight command=23 in=music {B}\n");
}

TEST(MysqlStatement, APreparationRefusedHalfwayLeavesOthersAlone) {
  const std::string long_one = prepare("SELECT 'very long'");
  EXPECT_EQ(talk({{true, prepare("A")},
                  {false, prepared(1, 0, 0)},
                  {true, long_one.substr(0, 12)},
                  {false, error(1153)},
                  {true, long_one.substr(12) + execute(1)}}),
            "answered command=22 in=music {SELECT } error=1153\n"
            "in flight command=23 in=music {A}\n");
}

TEST(MysqlStatement, DefinitionsOfAPreparationMayBeLeftOut) {
  EXPECT_EQ(talk({{true, prepare("A") + query("Q")}, {false, prepared(1, 2, 1, zeros(1)) + ok()}},
                 kOldCapabilities | kOptionalMetadata),
            "answered command=3 in=music {Q} rows=0\n");
  EXPECT_EQ(talk({{true, prepare("A") + query("Q")},
                  {false, prepared(1, 0, 1, "\1") + definition() + eof() + ok()}},
                 kOldCapabilities | kOptionalMetadata),
            "answered command=3 in=music {Q} rows=0\n");
}

TEST(MysqlStatement, ResultsOfAProcedureAreOneAnswer) {
  EXPECT_EQ(talk({{true, execute(1)},
                  {false, packet("\1", 1) + definition() + eof(10) + binary_row("a") + eof(10) +
                              packet("\1", 1) + definition() + eof(0x100a) + binary_row("o") +
                              eof(0x100a) + ok()}}),
            "answered command=23 in=music rows=2 batch=3 text-missing\n");
}

// Query attributes. -------------------------------------------------------------------------------

constexpr uint64_t kAttributeCapabilities = kOldCapabilities | kQueryAttributes;

std::string after_attributes(const std::string& attributes) {
  return talk({{true, query(attributes + "SELECT 1")}, {false, ok()}}, kAttributeCapabilities);
}

TEST(MysqlAttributes, StandBeforeTheText) {
  const std::string expected = "answered command=3 in=music {SELECT 1} rows=0\n";
  EXPECT_EQ(after_attributes("\0\1"s), expected);
  // The documentation's example: one string.
  EXPECT_EQ(after_attributes("\1\1\0\1\xfe\0\1a\1"s + "1"), expected);
  // No name, NULL, and an empty string.
  EXPECT_EQ(after_attributes("\3\1\2\1\xfe\0\0\x03\0\1n\xfd\0\1e\0\0"s), expected);
  // One of each size: tiny, short, long, long long, float, double, null type, datetime, decimal.
  EXPECT_EQ(after_attributes("\x09\1\0\0\1"s + "\1\0\1a"s + "\2\0\1b"s + "\3\0\1c"s +
                             "\x08\x80\1d" + "\4\0\1e"s + "\5\0\1f"s + "\6\0\1g"s + "\x0c\0\1h"s +
                             "\xf6\0\1i"s + "1" + "22" + "4444" + "88888888" + "4444" + "88888888" +
                             counted("datetim") + counted("1.5")),
            expected);
  const std::string long_value(400, 'v');
  EXPECT_EQ(after_attributes("\1\1\0\1\xfe\0\4name"s + counted(long_value)), expected);
}

TEST(MysqlAttributes, AsManyAsTheClientLibrarySends) {
  std::string attributes = "\x20\1"s + zeros(4) + "\1";
  for (int i = 0; i < 32; ++i) attributes += i % 2 == 0 ? "\xfe\0\1n"s : "\1\0\1m"s;
  for (int i = 0; i < 32; ++i) attributes += i % 2 == 0 ? counted("value") : "v";
  EXPECT_EQ(after_attributes(attributes), "answered command=3 in=music {SELECT 1} rows=0\n");
}

TEST(MysqlAttributes, WhoseEndCannotBeFoundLeaveNoText) {
  const std::string missing = "answered command=3 in=music rows=0 text-missing\n";
  EXPECT_EQ(after_attributes("\x21\1"s), missing);             // too many
  EXPECT_EQ(after_attributes("\1\2"s), missing);               // two sets
  EXPECT_EQ(after_attributes("\1\1\0\0"s), missing);           // no types
  EXPECT_EQ(after_attributes("\1\1\0\1\x50\0\1a"s), missing);  // an unknown type
  EXPECT_EQ(after_attributes("\1\1\0\1\xfe\0\1a\xfe\0\0\0\0\1\0\0\0"s), missing);  // too long
}

TEST(MysqlAttributes, WithAllElseThatMysqlEightAgreesTo) {
  constexpr uint64_t kAll = kAttributeCapabilities | kDeprecateEof | kSessionTrack |
                            kOptionalMetadata | kAuthLengthEncoded;
  const std::string schema = zeros(1) + counted("\1" + counted(counted("shop")));
  EXPECT_EQ(talk({{true, query("\0\1SELECT 1"s)},
                  {false, packet("\2\1", 1) + definition() + definition() + row("a") + end_ok()},
                  {true, query("\0\1SET @@resultset_metadata = NONE"s)},
                  {false, ok()},
                  {true, query("\0\1SELECT 2"s)},
                  {false, packet("\1\0"s, 1) + row("a") + row("b") + end_ok()},
                  {true, query("\0\1use shop"s)},
                  {false, ok(0, 0x4002, schema)},
                  {true, prepare("SELECT ?")},
                  {false, prepared(1, 1, 1, zeros(1))},
                  {true, execute(1, "\1" + kOneValue, kParameterCountAvailable)},
                  {false, packet("\1\0"s, 1) + binary_row("a") + end_ok()}},
                 kAll),
            "answered command=3 in=music {SELECT 1} rows=1\n"
            "answered command=3 in=music {SET @@resultset_metadata = NONE} rows=0\n"
            "answered command=3 in=music {SELECT 2} rows=2\n"
            "answered command=3 in=music {use shop} rows=0\n"
            "answered command=23 in=shop {SELECT ?} rows=1 parameterised\n");
}

TEST(MysqlAttributes, OfAnExecutionAreParameters) {
  const std::string count_of_zero = zeros(1);
  EXPECT_EQ(talk({{true, execute(1, count_of_zero, kParameterCountAvailable)}, {false, ok()}},
                 kAttributeCapabilities),
            "answered command=23 in=music rows=0 text-missing\n");
  EXPECT_EQ(
      talk({{true, execute(1, "\1\0\1\xfe\0\1a\1v"s, kParameterCountAvailable)}, {false, ok()}},
           kAttributeCapabilities),
      "answered command=23 in=music rows=0 parameterised text-missing\n");
}

}  // namespace
}  // namespace seamtrace::agent::codecs
