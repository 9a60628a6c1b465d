// Results of statements: counts, sets of rows, several of them, files.
#include "agent/codecs/mysql/mysql_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using namespace mysql;
using std::string_literals::operator""s;

constexpr uint64_t kNewCapabilities = kOldCapabilities | kDeprecateEof | kSessionTrack;
constexpr uint64_t kMariadbCapabilities = (kOldCapabilities & ~uint64_t{kClientMysql});
constexpr char kMariadb[] = "11.4.2-MariaDB";

std::string columns(const std::string& count, size_t definitions) {
  std::string bytes = packet(count, 1);
  for (size_t i = 0; i < definitions; ++i) bytes += definition();
  return bytes;
}

std::string answered(const std::string& rest) {
  return "answered command=3 in=music {Q}" + rest + "\n";
}

TEST(MysqlResult, AnOkTellsAffectedRows) {
  EXPECT_EQ(talk({{true, query("Q")}, {false, ok(7)}}), answered(" rows=7"));
  const std::string many = zeros(1) + "\xfe" + little(5'000'000'000, 8) + "\xfd" +
                           little(77777, 3) + little(kAutocommit, 2) + zeros(2);
  EXPECT_EQ(talk({{true, query("Q")}, {false, packet(many, 1)}}), answered(" rows=5000000000"));
}

TEST(MysqlResult, AnErrorTellsItsNumber) {
  EXPECT_EQ(talk({{true, query("Q")}, {false, error(1064)}}), answered(" error=1064"));
  EXPECT_EQ(talk({{true, query("Q")}, {false, error(65534)}}), answered(" error=65534"));
  EXPECT_EQ(talk({{true, query("Q")}, {false, error(7, "")}}), answered(" error=7"));
}

TEST(MysqlResult, AnErrorThatIsCutShortIsStillTheAnswer) {
  EXPECT_EQ(talk({{true, query("Q") + query("Q")}, {false, packet("\xff", 1) + ok(1)}}),
            answered(" error=") + answered(" rows=1"));
  EXPECT_EQ(talk({{true, query("Q") + query("Q")}, {false, packet("\xff\x28", 1) + ok(1)}}),
            answered(" error=") + answered(" rows=1"));
}

TEST(MysqlResult, AnOkThatIsCutShortIsNotMine) {
  EXPECT_EQ(talk({{true, query("Q")}, {false, packet("\0\0\0\2"s, 1)}}),
            "in flight command=3 in=music {Q}\nnot mine\n");
  EXPECT_EQ(talk({{true, query("Q")}, {false, packet("", 1)}}),
            "in flight command=3 in=music {Q}\nnot mine\n");
}

TEST(MysqlResult, RowsAreCounted) {
  const std::string rows = row("a") + row(std::string(300, 'b')) + row("") + packet("\xfb", 4);
  EXPECT_EQ(talk({{true, query("Q")}, {false, columns("\2", 2) + eof() + rows + eof()}}),
            answered(" rows=4"));
  EXPECT_EQ(
      talk({{true, query("Q")}, {false, columns("\2", 2) + rows + end_ok()}}, kNewCapabilities),
      answered(" rows=4"));
  EXPECT_EQ(talk({{true, query("Q")}, {false, columns("\2", 2) + eof() + eof()}}),
            answered(" rows=0"));
}

TEST(MysqlResult, ManyColumnsAreALongerNumber) {
  EXPECT_EQ(talk({{true, query("Q")},
                  {false, columns("\xfc" + little(300, 2), 300) + eof() + row("a") + eof()}}),
            answered(" rows=1"));
  for (const std::string& count :
       {"\xfd" + little(65536, 3), "\xfe"s + little(2, 8), "\xfc\1"s, "\1\1"s, "\1\1\1"s})
    EXPECT_EQ(talk({{true, query("Q")}, {false, packet(count, 1)}}),
              "in flight command=3 in=music {Q}\nnot mine\n");
}

TEST(MysqlResult, ARowThatBeginsLikeAnEofIsOne) {
  const std::string text = "\xfe" + little(20'000'000, 8) + "text";
  EXPECT_EQ(talk({{true, query("Q")}, {false, columns("\1", 1) + eof() + packet(text, 4) + eof()}}),
            answered(" rows=1"));
}

TEST(MysqlResult, AnErrorEndsRows) {
  EXPECT_EQ(talk({{true, query("Q")}, {false, columns("\1", 1) + eof() + row("a") + error(1317)}}),
            answered(" error=1317 rows=1"));
  EXPECT_EQ(
      talk({{true, query("Q") + query("Q")}, {false, columns("\2", 1) + error(1317) + ok(2)}}),
      answered(" error=1317") + answered(" rows=2"));
}

TEST(MysqlResult, DefinitionsMustEndAsAgreed) {
  EXPECT_EQ(talk({{true, query("Q")}, {false, columns("\1", 1) + row("a")}}),
            "in flight command=3 in=music {Q}\nnot mine\n");
  EXPECT_EQ(talk({{true, query("Q")}, {false, columns("\2", 1) + eof()}}),
            "in flight command=3 in=music {Q}\nnot mine\n");
}

TEST(MysqlResult, SeveralAreOneAnswer) {
  EXPECT_EQ(talk({{true, query("Q") + query("Q")},
                  {false, columns("\1", 1) + eof(10) + row("a") + row("b") + eof(10) + ok(3, 10) +
                              columns("\1", 1) + eof(10) + row("c") + eof() + ok(9)}}),
            answered(" rows=6 batch=3") + answered(" rows=9"));
  EXPECT_EQ(talk({{true, query("Q")}, {false, ok(1, 10) + error(1064)}}),
            answered(" error=1064 rows=1"));
  EXPECT_EQ(talk({{true, query("Q")},
                  {false, columns("\1", 1) + row("a") + end_ok(10) + columns("\1", 1) + end_ok()}},
                 kNewCapabilities),
            answered(" rows=1 batch=2"));
}

TEST(MysqlResult, TheDatabaseMayChangeAtTheEndOfRows) {
  const std::string rest = zeros(1) + counted("\1" + counted(counted("shop")));
  EXPECT_EQ(talk({{true, query("Q")},
                  {false, columns("\1", 1) + row("a") + end_ok(0x4002, rest)},
                  {true, query("x")}},
                 kNewCapabilities),
            answered(" rows=1") + "in flight command=3 in=shop {x}\n");
}

TEST(MysqlResult, AFileIsSentUntilAnEmptyPacket) {
  const std::string file = packet("1\tone\n", 2) + packet("\3SELECT", 0) + packet("", 4);
  EXPECT_EQ(talk({{true, query("Q")},
                  {false, packet("\xfb/some/file", 1)},
                  {true, file},
                  {false, ok(2)},
                  {true, query("Q")},
                  {false, ok()}}),
            answered(" rows=2") + answered(" rows=0"));
  EXPECT_EQ(talk({{true, query("Q")},
                  {false, packet("\xfb", 1)},
                  {true, packet("", 2)},
                  {false, error(2)}}),
            answered(" error=2"));
}

TEST(MysqlResult, AFileCannotBeAskedForWhenMoreIsBehind) {
  EXPECT_EQ(talk({{true, query("Q") + query("R")}, {false, packet("\xfb/some/file", 1)}}),
            "in flight command=3 in=music {Q}\nin flight command=3 in=music {R}\nnot mine\n");
}

TEST(MysqlResult, AProgressReportIsNoError) {
  const std::string report = error(0xffff, "\1\1\2\0\0\0\5stage"s);
  EXPECT_EQ(talk({{true, query("Q")}, {false, report + report + ok(1)}},
                 kMariadbCapabilities | kMariadbProgress, kMariadb),
            answered(" rows=1"));
  EXPECT_EQ(talk({{true, query("Q")}, {false, report + ok(1)}},
                 kMariadbCapabilities | kCapabilityExtension, kMariadb),
            answered(" rows=1"));
  EXPECT_EQ(talk({{true, query("Q")}, {false, report}}, kMariadbCapabilities, kMariadb),
            answered(" error=65535"));
}

TEST(MysqlResult, DefinitionsMayBeLeftOut) {
  // MariaDB, and MySQL, with and without an EOF.
  const std::pair<uint64_t, const char*> servers[] = {
      {kMariadbCapabilities | kMariadbCacheMetadata, kMariadb},
      {kOldCapabilities | kOptionalMetadata, "8.4.0"},
  };
  for (const auto& [capabilities, version] : servers) {
    EXPECT_EQ(talk({{true, query("Q")}, {false, columns("\2\1", 2) + eof() + row("a") + eof()}},
                   capabilities, version),
              answered(" rows=1"));
    EXPECT_EQ(talk({{true, query("Q")}, {false, columns("\2\0"s, 0) + eof() + row("a") + eof()}},
                   capabilities, version),
              answered(" rows=1"));
    EXPECT_EQ(talk({{true, query("Q")}, {false, columns("\2\0"s, 0) + row("a") + end_ok()}},
                   capabilities | kDeprecateEof, version),
              answered(" rows=1"));
  }
}

TEST(MysqlResult, APacketMayGoOnInTheNext) {
  // Too large to be split at every byte.
  const std::string full = std::string(kFullPacket, 'x');
  Dialogue dialogue = connected();
  dialogue.push_back({true, little(kFullPacket, 3) + zeros(1) + "\3" + full.substr(1) +
                                packet("yz", 1) + query("NEXT")});
  const std::string row_packets = little(kFullPacket, 3) + "\4" + full + packet("more", 5);
  const std::string exact = little(kFullPacket, 3) + "\6" + full + packet("", 7);
  dialogue.push_back(
      {false, columns("\1", 1) + eof() + row_packets + row("a") + exact + eof() + ok(1)});
  for (const size_t portion : {SIZE_MAX, size_t{70'000}}) {
    const std::string log = listen<MysqlCodec>(dialogue, {.step = portion});
    EXPECT_NE(log.find("xyz} rows=3\nanswered command=3 in=music {NEXT} rows=1\n"),
              std::string::npos)
        << log.substr(log.size() - 100);
    EXPECT_EQ(log.find("not mine"), std::string::npos);
  }
}

TEST(MysqlResult, AServerThatRefusesHalfAStatementEndsIt) {
  const std::string statement = query("SELECT 'very long'");
  EXPECT_EQ(talk({{true, statement.substr(0, 12)},
                  {false, error(1153)},
                  {true, statement.substr(12) + query("Q")},
                  {false, ok()}}),
            "answered command=3 in=music {SELECT } error=1153\n" + answered(" rows=0"));
}

}  // namespace
}  // namespace seamtrace::agent::codecs
