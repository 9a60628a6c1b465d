// What real clients and a real server said to each other (captures/capture.py), and what it meant.
#include <fstream>
#include <sstream>

#include "agent/codecs/mysql/mysql_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

Dialogue captured(const std::string& name) {
  std::ifstream file(std::string(SEAMTRACE_CAPTURES) + "/" + name + ".dialogue", std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  const std::string bytes = text.str();
  Dialogue dialogue;
  constexpr size_t kHead = 5;
  for (size_t at = 0; at + kHead <= bytes.size();) {
    const size_t size = mysql::little32(bytes.data() + at + 1);
    dialogue.push_back({bytes[at] == 'C', bytes.substr(at + kHead, size)});
    at += kHead + size;
  }
  return dialogue;
}

// Without what stands in every line: that it was answered, and statements at full length.
std::string shortened(const std::string& log) {
  constexpr size_t kLongest = 42;
  std::istringstream lines(log);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("answered ", 0) == 0) line.erase(0, 9);
    const size_t begin = line.find('{');
    const size_t end = line.rfind('}');
    if (begin != std::string::npos && end > begin + kLongest)
      line.replace(begin + kLongest, end - begin - kLongest, "...");
    text += line + "\n";
  }
  return text;
}

std::string meaning(const char* name) { return shortened(play_all_ways(captured(name))); }
TEST(MysqlCapture, TheCommandLineClient) {
  EXPECT_EQ(
      meaning("client"),
      "protocol 4\n"
      "user alice\n"
      "ready\n"
      "command=3 in=music {SELECT 1, 'two'} rows=1\n"
      "command=3 in=music {SELEC nonsense} error=1064\n"
      "command=3 in=music {SELECT DATABASE()} rows=1\n"
      "command=2 in=music {USE test}\n"
      "command=3 in=test {LOAD DATA LOCAL INFILE 'lines.txt' INTO T...} rows=2\n"
      "command=3 in=test {LOAD DATA LOCAL INFILE '/nowhere/at/all' ...} rows=0\n"
      "command=3 in=test {SELECT id FROM inventory; UPDATE inventor...} rows=5 batch=3\n"
      "command=3 in=test {SELECT 4; SELECT five; SELECT 6} error=1054 rows=1\n"
      "transaction\n"
      "command=3 in=test {START TRANSACTION} rows=0\n"
      "command=3 in=test {INSERT INTO inventory VALUES (3, 'quince'...} rows=1 in-transaction\n"
      "no transaction\n"
      "command=3 in=test {COMMIT} rows=0 in-transaction\n"
      "command=3 in=test {DROP DATABASE IF EXISTS none} rows=0\n"
      "command=3 in=test {SELECT REPEAT('long ', 300)} rows=1\n"
      "command=3 in=test {ALTER TABLE inventory ENGINE=Aria, FORCE} rows=3\n"
      "command=3 in=test {DELETE FROM inventory} rows=3\n");
}

TEST(MysqlCapture, TheCommandLineClientWithCompletion) {
  EXPECT_EQ(meaning("client_autocomplete"),
            "protocol 4\n"
            "user alice\n"
            "ready\n"
            "command=3 in=test {SELECT COUNT(*) FROM inventory} rows=1\n");
}

TEST(MysqlCapture, AWrongPassword) {
  EXPECT_EQ(meaning("client_wrong_password"),
            "protocol 4\n"
            "user alice\n"
            "rejected 1045\n");
}

TEST(MysqlCapture, ADatabaseThatIsNotThere) {
  EXPECT_EQ(meaning("client_no_database"),
            "protocol 4\n"
            "user alice\n"
            "rejected 1049\n");
}

TEST(MysqlCapture, Compression) {
  EXPECT_EQ(meaning("client_compressed"),
            "protocol 4\n"
            "user alice\n"
            "ready\n"
            "compressed\n");
}

TEST(MysqlCapture, PreparedStatementsOfLibmariadb) {
  EXPECT_EQ(
      meaning("libmariadb"),
      "protocol 4\n"
      "user alice\n"
      "ready\n"
      "command=3 in=music {CREATE TABLE songs (id INT PRIMARY KEY, n...} rows=0\n"
      "command=3 in=music {INSERT INTO songs VALUES (1, 'one'), (2, ...} rows=3\n"
      "command=23 in=music {SELECT id, name FROM songs WHERE id >= ? ...} rows=3 parameterised\n"
      "command=23 in=music {SELECT id, name FROM songs WHERE id >= ? ...} rows=3 parameterised\n"
      "command=23 in=music {SELECT id, name FROM songs WHERE id >= ? ...} rows=3 parameterised\n"
      "command=26 in=music\n"
      "command=23 in=music {SELECT id FROM songs ORDER BY id}\n"
      "command=28 in=music {SELECT id FROM songs ORDER BY id} rows=2\n"
      "command=28 in=music {SELECT id FROM songs ORDER BY id} rows=1\n"
      "command=250 in=music {INSERT INTO songs VALUES (?, 'many')} rows=4 parameterised\n"
      "command=23 in=music {UPDATE songs SET name = 'some' WHERE id >...} rows=3\n"
      "command=22 in=music {SELECT nothing FROM nowhere} error=1146\n"
      "command=23 in=music {SELECT nothing FROM nowhere} error=1243\n"
      "command=3 in=music {CREATE PROCEDURE both_of() BEGIN SELECT 1...} rows=0\n"
      "command=3 in=music {CALL both_of()} rows=2 batch=3\n"
      "command=14 in=music\n"
      "command=9 in=music\n"
      "command=27 in=music\n"
      "command=2 in=music {USE test}\n"
      "command=4 in=test\n"
      "command=3 in=test {SELECT 'in test'} rows=1\n"
      "command=31 in=test\n"
      "user bob\n"
      "command=17 in=test\n"
      "transaction\n"
      "command=3 in=music {BEGIN} rows=0\n"
      "command=3 in=music {DELETE FROM songs} rows=7 in-transaction\n"
      "no transaction\n"
      "command=3 in=music {ROLLBACK} rows=0 in-transaction\n"
      "command=3 in=music {DROP TABLE songs} rows=0\n"
      "command=3 in=music {DROP PROCEDURE both_of} rows=0\n"
      "user bob\n"
      "rejected 1045\n"
      "command=17 in=music error=1045\n");
}

TEST(MysqlCapture, EverythingThatTheServerCanInAPipeline) {
  EXPECT_EQ(meaning("raw"),
            "protocol 4\n"
            "user alice\n"
            "ready\n"
            "command=3 in=test {SELECT 1 UNION SELECT 2} rows=2\n"
            "command=14 in=test\n"
            "command=3 in=test {USE music} rows=0\n"
            "command=3 in=test {SELECT DATABASE()} rows=1\n"
            "command=23 in=music {SELECT 3 AS three, 4 AS four} rows=1\n"
            "command=14 in=music\n"
            "command=23 in=music {SELECT 3 AS three, 4 AS four} rows=1\n"
            "command=14 in=music\n"
            "command=23 in=music {SELECT 3 AS three, 4 AS four}\n"
            "command=14 in=music\n"
            "command=28 in=music {SELECT 3 AS three, 4 AS four} rows=1\n"
            "command=23 in=music {DO 5} rows=0\n"
            "command=22 in=music {nonsense} error=1064\n"
            "command=23 in=music {nonsense} error=1243\n"
            "command=31 in=music\n");
}

TEST(MysqlCapture, TheLoadGenerator) {
  EXPECT_EQ(meaning("slap"),
            "protocol 4\n"
            "user alice\n"
            "ready\n"
            "command=3 {DROP SCHEMA IF EXISTS `mysqlslap`} rows=0\n"
            "command=3 {CREATE SCHEMA `mysqlslap`} rows=1\n"
            "command=2 {USE mysqlslap}\n"
            "command=3 in=mysqlslap {CREATE TABLE `t1` (intcol1 INT(32) ,charc...} rows=0\n"
            "command=3 in=mysqlslap {INSERT INTO t1 VALUES (1804289383,'mxvtvm...} rows=1\n"
            "command=3 in=mysqlslap {INSERT INTO t1 VALUES (822890675,'97RGHZ6...} rows=1\n"
            "command=3 in=mysqlslap {INSERT INTO t1 VALUES (1308044878,'50w46i...} rows=1\n"
            "command=3 in=mysqlslap {INSERT INTO t1 VALUES (964445884,'DPh7kD1...} rows=1\n"
            "command=3 in=mysqlslap {DROP SCHEMA IF EXISTS `mysqlslap`} rows=1\n");
}

TEST(MysqlCapture, PyMysql) {
  EXPECT_EQ(meaning("pymysql"),
            "protocol 4\n"
            "user alice\n"
            "ready\n"
            "command=3 in=music {SET AUTOCOMMIT = 0} rows=0\n"
            "command=3 in=music {CREATE TABLE words (id INT AUTO_INCREMENT...} rows=0\n"
            "transaction\n"
            "command=3 in=music {INSERT INTO words (word) VALUES ('a'),('b...} rows=3\n"
            "no transaction\n"
            "command=3 in=music {COMMIT} rows=0 in-transaction\n"
            "transaction\n"
            "command=3 in=music {SELECT * FROM words WHERE word <> 'b'} rows=2\n"
            "command=3 in=music {INSERT INTO words (word) VALUES ('a')} error=1062 in-transaction\n"
            "command=3 in=music {SELECT 1; SELECT 2} rows=2 batch=2 in-transaction\n"
            "command=2 in=music {USE test} in-transaction\n"
            "command=3 in=test {use `music`} rows=0 in-transaction\n"
            "no transaction\n"
            "command=3 in=music {DROP TABLE words} rows=0 in-transaction\n"
            "command=3 in=music {ROLLBACK} rows=0\n"
            "command=14 in=music\n");
}

TEST(MysqlCapture, NodeMysql2) {
  EXPECT_EQ(meaning("node"),
            "protocol 4\n"
            "user alice\n"
            "ready\n"
            "command=3 in=test {SELECT 1; SELECT 2, 3} rows=2 batch=2\n"
            "command=23 in=test {INSERT INTO inventory VALUES (?, ?, ?)} rows=1 parameterised\n"
            "command=23 in=test {SELECT * FROM inventory WHERE id = ?} rows=1 parameterised\n"
            "command=23 in=test {SELECT * FROM inventory WHERE id = ?} rows=0 parameterised\n"
            "command=3 in=test {SELECT * FROM missing} error=1146\n"
            "command=22 in=test {SELECT ? FROM missing} error=1146\n"
            "transaction\n"
            "command=3 in=test {START TRANSACTION} rows=0\n"
            "command=3 in=test {DELETE FROM inventory} rows=1 in-transaction\n"
            "no transaction\n"
            "command=3 in=test {COMMIT} rows=0 in-transaction\n"
            "command=14 in=test\n"
            "user bob\n"
            "command=17 in=test\n"
            "command=3 in=music {SELECT 4} rows=1\n");
}

}  // namespace
}  // namespace seamtrace::agent::codecs
