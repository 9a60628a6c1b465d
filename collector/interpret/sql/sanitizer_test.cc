#include "collector/interpret/sql/sanitizer.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "collector/interpret/sql/statement_cache.h"
#include "collector/support/utf8.h"
#include "gtest/gtest.h"

namespace seamtrace::collector {
namespace {

constexpr Dialect kDialects[] = {Dialect::kOther, Dialect::kPostgresql, Dialect::kMysql,
                                 Dialect::kMariadb, Dialect::kSqlite};

Dialect dialect_named(const std::string& name) {
  constexpr std::string_view kNames[] = {"other", "postgresql", "mysql", "mariadb", "sqlite"};
  for (size_t i = 0; i < std::size(kNames); ++i)
    if (name == kNames[i]) return kDialects[i];
  ADD_FAILURE() << "no such dialect: " << name;
  return Dialect::kOther;
}

SqlDigest digest(Dialect dialect, std::string_view statement, bool truncated = false) {
  SqlDigest result;
  digest_sql(dialect, statement, truncated, result);
  return result;
}

nlohmann::json load(const std::string& file) {
  std::ifstream stream(SEAMTRACE_SQL_TESTDATA "/" + file);
  EXPECT_TRUE(stream.good()) << file;
  return nlohmann::json::parse(stream);
}

TEST(SqlSanitizer, PassesTheVectorsOfTheConventions) {
  const nlohmann::json cases = load("db-sql-test-cases.json");
  ASSERT_GE(cases.size(), 24u);
  for (const nlohmann::json& item : cases) {
    const SqlDigest result =
        digest(Dialect::kOther, item["input"]["query"].get_ref<const std::string&>());
    const nlohmann::json& texts = item["expected"]["db.query.text"];
    EXPECT_NE(std::find(texts.begin(), texts.end(), result.text), texts.end())
        << item["name"] << ": " << result.text;
    EXPECT_EQ(result.summary, item["expected"]["db.query.summary"]) << item["name"];
  }
}

TEST(SqlSanitizer, TheVectorsOfTheConventionsLookAlikeInEveryDialect) {
  for (const nlohmann::json& item : load("db-sql-test-cases.json")) {
    for (const Dialect dialect : kDialects) {
      const SqlDigest result =
          digest(dialect, item["input"]["query"].get_ref<const std::string&>());
      EXPECT_EQ(result.summary, item["expected"]["db.query.summary"]) << item["name"];
    }
  }
}

TEST(SqlSanitizer, PassesOurOwnNastyStatements) {
  for (const nlohmann::json& item : load("nasty_statements.json")) {
    for (const nlohmann::json& dialect : item["dialect"]) {
      const SqlDigest result =
          digest(dialect_named(dialect), item["input"].get_ref<const std::string&>(),
                 item.value("truncated", false));
      EXPECT_EQ(result.text, item["text"]) << item["why"] << " (" << dialect << ")";
      EXPECT_EQ(result.summary, item["summary"]) << item["why"] << " (" << dialect << ")";
    }
  }
}

TEST(SqlSanitizer, ASummaryIsNeverLongerThan255BytesAndSplitsNoTarget) {
  std::string statement = "SELECT * FROM t0";
  for (int i = 1; i < 200; ++i) statement += ", table" + std::to_string(i);
  const std::string summary = digest(Dialect::kPostgresql, statement).summary;
  EXPECT_LE(summary.size(), 255u);
  EXPECT_GT(summary.size(), 240u);
  EXPECT_NE(statement.find(summary.substr(summary.rfind(' ')) + ","), std::string::npos);
  std::string many;
  for (int i = 0; i < 200; ++i) many += "SELECT 1 FROM a" + std::to_string(i) + ";";
  EXPECT_LE(digest(Dialect::kPostgresql, many).summary.size(), 255u);
}

TEST(SqlSanitizer, DeepNestingAndLongTextsAreFollowedInLinearTime) {
  std::string statement = "SELECT * FROM ";
  for (int i = 0; i < 100'000; ++i) statement += "(SELECT 'x' FROM ";
  EXPECT_EQ(digest(Dialect::kPostgresql, statement).text.find('x'), std::string::npos);
  for (const std::string_view part :
       {"'\\'", "\"", "$a$", "/*", "`", "[", "(", "/*!", "--", "\\'"}) {
    std::string text;
    while (text.size() < 300'000) text += part;
    for (const Dialect dialect : kDialects) EXPECT_LE(digest(dialect, text).text.size(), 600'000u);
  }
}

TEST(SqlSanitizer, BytesThatAreNotUtf8BecomeReplacements) {
  const SqlDigest result = digest(Dialect::kPostgresql, "SELECT \xFF\xC3 FROM \xE2\x82");
  EXPECT_TRUE(is_valid_utf8(result.text));
  EXPECT_TRUE(is_valid_utf8(result.summary));
  EXPECT_EQ(result.summary, "SELECT \xEF\xBF\xBD");
}

TEST(StatementCache, GivesWhatTheSanitiserGivesWhateverWasSeenBefore) {
  StatementCache cache;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 2'000; ++i) {
      const std::string statement =
          "SELECT \"a\", " + std::to_string(i) + " FROM t" + std::to_string(i % 700);
      for (const Dialect dialect : {Dialect::kPostgresql, Dialect::kMysql}) {
        for (const bool truncated : {false, true}) {
          const SqlDigest expected = digest(dialect, statement, truncated);
          const SqlDigest& found = cache.digest(dialect, statement, truncated);
          ASSERT_EQ(found.text, expected.text);
          ASSERT_EQ(found.summary, expected.summary);
        }
      }
    }
  }
  EXPECT_EQ(cache.digest(Dialect::kSqlite, "", false).text, "");
}

// Generated statements whose literals hold a marker. ------------------------------------------

constexpr std::string_view kMarker = "zqxmarker";

class Generator {
 public:
  Generator(Dialect dialect, bool escapes, uint32_t seed)
      : dialect_(dialect), escapes_(escapes), random_(seed) {}

  std::string statement() {
    std::string text;
    const size_t parts = 1 + pick(14);
    for (size_t i = 0; i < parts; ++i) {
      text += pick(3) == 0 ? literal() : other();
      text += pick(4) == 0 ? "\n" : " ";
    }
    return text;
  }

 private:
  size_t pick(size_t below) { return random_() % below; }
  bool is_mysql_like() const { return is_mysql(dialect_); }

  /// What an application would send for arbitrary bytes.
  std::string quoted(char quote, bool escapes) {
    constexpr std::string_view kBytes = "'\"\\`$-/*#; ()[]?\n";
    std::string text(1, quote);
    for (const char c : bytes(kBytes)) {
      if (escapes && (c == quote || c == '\\'))
        text += '\\';
      else if (c == quote)
        text += quote;
      text += c;
    }
    return text + quote;
  }

  std::string bytes(std::string_view alphabet) {
    std::string text;
    for (size_t i = pick(4); i > 0; --i) text += alphabet[pick(alphabet.size())];
    text += kMarker;
    for (size_t i = pick(5); i > 0; --i) {
      text += alphabet[pick(alphabet.size())];
      if (pick(3) == 0) text += kMarker;
    }
    return text;
  }

  std::string dollar_quoted() {
    const std::string tag = pick(2) == 0 ? "$$" : "$tag$";
    return tag + bytes("'\"\\`-/*#; ()[]?\n") + tag;
  }

  std::string literal() {
    switch (pick(7)) {
      case 0:
        if (dialect_ == Dialect::kPostgresql) return "E" + quoted('\'', true) + ",";
        break;
      case 1:
        if (dialect_ == Dialect::kPostgresql) return dollar_quoted();
        break;
      case 2:
        if (is_mysql_like()) return quoted('"', escapes_);
        break;
      case 3:
        if (is_mysql_like()) return "_utf8" + quoted('\'', escapes_);
        return "N" + quoted('\'', escapes_);
      case 4:
        return "1" + std::string(kMarker);  // whatever hangs on a number
      default:
        break;
    }
    return quoted('\'', escapes_);
  }

  std::string other() {
    constexpr std::string_view kParts[] = {"SELECT",
                                           "FROM",
                                           "t1",
                                           "a.b",
                                           "IN (",
                                           ")",
                                           ",",
                                           "=",
                                           "(",
                                           "VALUES",
                                           "1",
                                           "-2.5e3",
                                           "?",
                                           ":name",
                                           "INSERT INTO t",
                                           ";",
                                           "WHERE",
                                           "AND",
                                           "E",
                                           "N",
                                           "JOIN x",
                                           "UPDATE",
                                           "+",
                                           "-",
                                           "<",
                                           "BETWEEN",
                                           "TRUE",
                                           "/* comment it's */",
                                           "-- comment\n",
                                           "SET",
                                           "LIKE",
                                           "x",
                                           "||",
                                           "_utf8",
                                           "DISTINCT"};
    if (pick(12) == 0) return is_mysql_like() || pick(2) == 0 ? backquoted() : "\"na me\"";
    return std::string(kParts[pick(std::size(kParts))]);
  }
  std::string backquoted() const {
    return dialect_ == Dialect::kPostgresql ? "\"it's\"" : "`it's`";
  }

  Dialect dialect_;
  bool escapes_;
  std::mt19937 random_;
};

/// How backslashes may be read by servers of a dialect.
std::vector<bool> readings(Dialect dialect) {
  return dialect == Dialect::kSqlite ? std::vector<bool>{false} : std::vector<bool>{false, true};
}

void expect_no_marker(Dialect dialect, const std::string& statement, bool truncated) {
  const SqlDigest result = digest(dialect, statement, truncated);
  ASSERT_EQ(result.text.find("zqx"), std::string::npos) << static_cast<int>(dialect) << "\n"
                                                        << statement << "\n"
                                                        << result.text;
  ASSERT_EQ(result.summary.find("zqx"), std::string::npos) << statement;
  ASSERT_LE(result.text.size(), statement.size());
  ASSERT_LE(result.summary.size(), 255u);
}

TEST(SqlSanitizer, NoLiteralOfAGeneratedStatementSurvives) {
  for (const Dialect dialect : kDialects) {
    for (const bool escapes : readings(dialect)) {
      for (uint32_t seed = 0; seed < 20'000; ++seed) {
        const std::string statement = Generator(dialect, escapes, seed).statement();
        expect_no_marker(dialect, statement, false);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(SqlSanitizer, NoLiteralSurvivesAtWhateverByteTheStatementIsCut) {
  for (const Dialect dialect : kDialects) {
    for (const bool escapes : readings(dialect)) {
      for (uint32_t seed = 0; seed < 400; ++seed) {
        const std::string statement = Generator(dialect, escapes, seed).statement();
        for (size_t size = 0; size < statement.size(); ++size) {
          expect_no_marker(dialect, statement.substr(0, size), true);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST(SqlSanitizer, ASanitisedTextIsSanitisedAlready) {
  for (const Dialect dialect : kDialects) {
    for (uint32_t seed = 0; seed < 5'000; ++seed) {
      const std::string statement = Generator(dialect, false, seed).statement();
      const std::string once = digest(dialect, statement).text;
      ASSERT_EQ(digest(dialect, once).text, once) << statement;
    }
  }
}

}  // namespace
}  // namespace seamtrace::collector
