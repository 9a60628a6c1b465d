// What real clients and a real server said to each other (captures/capture.py), and what it meant.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "agent/codecs/postgresql/postgresql_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using namespace postgresql_test;

Dialogue read_dialogue(const std::string& name) {
  std::ifstream file(std::string(SEAMTRACE_POSTGRESQL_CAPTURES) + "/" + name + ".dialogue",
                     std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  Dialogue turns;
  char head[5];
  while (file.read(head, sizeof head)) {
    uint32_t size = 0;
    for (int i = 1; i < 5; ++i) size = size << 8 | static_cast<unsigned char>(head[i]);
    Turn& turn = turns.emplace_back(Turn{head[0], std::string(size, '\0')});
    EXPECT_TRUE(file.read(turn.bytes.data(), size)) << name;
  }
  return turns;
}

std::string story(const Dialogue& turns, size_t portion = SIZE_MAX) {
  Talk talk;
  for (const Turn& turn : turns)
    for (size_t at = 0; at < turn.bytes.size();) {
      const size_t size = std::min(portion, turn.bytes.size() - at);
      talk.feed(turn.from, std::string_view(turn.bytes).substr(at, size));
      at += size;
    }
  return talk.story();
}

size_t count(const std::string& text, const std::string& part) {
  size_t number = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++number;
  return number;
}

struct Meaning {
  const char* name;
  const char* story;
};

// Without the names of databases: they are looked at in other tests.
constexpr Meaning kMeanings[] = {
    {"libpq_call",
     "user postgres\nready\nanswered command=70\nanswered command=70 error=42883\n"
     "answered command=81 {SELECT 'after'} rows=1\n0"},
    {"libpq_copy",
     "user postgres\nready\nanswered command=69 {COPY log FROM STDIN} rows=2\n"
     "answered command=69 {SELECT 'between'} rows=1\n"
     "answered command=69 {COPY items FROM STDIN} error=23505\n"
     "answered command=69 {SELECT 'after a failure'} rows=1\n"
     "answered command=69 {COPY closed FROM STDIN} error=P0001\n"
     "answered command=69 {SELECT 'after another'} rows=1\n"
     "answered command=69 {COPY items TO STDOUT} rows=3\n"
     "answered command=69 {SELECT 'the end'} rows=1\n0"},
    // The commit of the first one fails, in answer to the Sync: that is nobody's error.
    {"libpq_late",
     "user postgres\nready\n"
     "answered command=69 {INSERT INTO late VALUES ($1), ($1)} rows=2 parameterised\n"
     "answered command=69 {SELECT 'unharmed'} rows=1\n0"},
    {"libpq_pipeline",
     "user postgres\nready\n"
     "answered command=69 {SELECT $1::int} rows=1 parameterised\n"
     "answered command=69 {SELECT $1::int} rows=1 parameterised\n"
     "answered command=69 {SELECT 10 / $1::int} rows=1 parameterised\n"
     "answered command=69 {SELECT 10 / $1::int} error=22012 parameterised\n"
     "skipped command=69 {SELECT 'skipped'}\n"
     "answered command=69 {SELECT 2 * $1::int} rows=1 parameterised\n"
     "answered command=69 {SELECT 'last'} rows=1\n"
     "answered command=69 {SELEC} error=42601\n"
     "answered command=80 {SELECT 'a duplicate'} error=42P05\n"
     "answered command=69 {SELECT 2 * $1::int} rows=1 parameterised\n"
     "answered command=81 {SELECT 'simple again'} rows=1\n0"},
    {"libpq_prepare",
     "user postgres\nready\nanswered command=80 {SELECT * FROM nowhere} error=42P01\n"
     "answered command=68 error=26000 text-missing\n"
     "answered command=69 {SELECT name FROM items WHERE id = $1} rows=1 parameterised\n"
     "answered command=69 {SELECT name FROM items WHERE id = $1} error=22P02 parameterised\n"
     "answered command=69 error=26000 text-missing\n"
     "answered command=81 {DEALLOCATE good}\n"
     "answered command=69 {SELECT 'another'} rows=1\n"
     "answered command=69 {SELECT * FROM items WHERE id < $1} rows=2 parameterised\n"
     "answered command=69 {SELEC $1} error=42601 parameterised\n"
     "answered command=69 {  -- nothing}\n0"},
    {"libpq_suspend",
     "user postgres\nready\n"
     "answered command=69 {SELECT generate_series(1, $1)} rows=3 parameterised\n"
     "answered command=69 {SELECT generate_series(1, $1)} rows=3 parameterised\n"
     "answered command=69 {SELECT generate_series(1, $1)} rows=1 parameterised\n0"},
    {"node_pg",
     "user postgres\nready\nanswered command=81 {SELECT now()} rows=1\n"
     "answered command=69 {SELECT $1::int + 1 AS sum} rows=1 parameterised\n"
     "answered command=69 {SELECT name FROM items WHERE id = $1} rows=1 parameterised\n"
     "answered command=69 {SELECT name FROM items WHERE id = $1} rows=1 parameterised\n"
     "answered command=69 {SELECT $1::int / 0} error=22012 parameterised\n"
     "answered command=69 {SELEC $1} error=42601 parameterised\n"
     "answered command=81 {SELECT 1} rows=1\n"
     "answered command=69 {SELECT $1::text} rows=1 parameterised\n0"},
    {"psql",
     "user secretive\nready\nanswered command=81 {SELECT 1 AS one, 'two' AS two;} rows=1\n"
     "answered command=81 {INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, 'c');} rows=3\n"
     "answered command=81 {SELECT * FROM items; UPDATE items SET name = 'd' WHERE id > 1; "
     "SELECT 5;} rows=6 batch=3\n"
     "answered command=81 {SELECT * FROM nowhere;} error=42P01\n"
     "answered command=81 {SELECT 1; SELECT 1/0; SELECT 3;} error=22012 rows=1\n"
     "answered command=81 {DO $$ BEGIN RAISE NOTICE 'mind this'; END $$;}\n"
     "answered command=81 {BEGIN;}\ntransaction\n"
     "answered command=81 {INSERT INTO items VALUES (1, 'again');} error=23505 in-transaction\n"
     "answered command=81 {SELECT 2;} error=25P02 in-transaction\n"
     "answered command=81 {ROLLBACK;} in-transaction\nno transaction\n"
     "answered command=81 {COPY items TO STDOUT;} rows=3\n"
     "answered command=81 {COPY log FROM STDIN;} rows=2\n"
     "answered command=81 {COPY items FROM STDIN;} error=23505\n"
     "answered command=81 {LISTEN news; NOTIFY news, 'it is so';} batch=2\n"
     "answered command=81 {/* nothing */ ;}\n"
     "answered command=81 {;\nCREATE TABLE gone AS SELECT generate_series(1, 1000) AS n;} "
     "rows=1000\n"
     "answered command=81 {DELETE FROM gone;} rows=1000\n"
     "answered command=81 {DECLARE c CURSOR WITH HOLD FOR SELECT generate_series(1, 5);}\n"
     "answered command=81 {FETCH 3 FROM c;} rows=3\n0"},
    {"psql_no_database", "user postgres\nrejected 3D000\n0"},
    {"psql_wrong_password", "user secretive\nrejected 28P01\n0"},
    {"psql_terminated",
     "user postgres\nready\n"
     "in flight command=81 {SELECT pg_terminate_backend(pg_backend_pid())} error=57P01\n0"},
    {"psql_timeout",
     "user postgres\nready\nanswered command=81 {SET statement_timeout = 50;}\n"
     "answered command=81 {SELECT pg_sleep(5);} error=57014\n0"},
    {"psycopg2",
     "user postgres\nready\nanswered command=81 {BEGIN}\ntransaction\n"
     "answered command=81 {SELECT id, name FROM items WHERE id = 2} rows=1 in-transaction\n"
     "answered command=81 {INSERT INTO log VALUES ('x')} rows=1 in-transaction\n"
     "answered command=81 {INSERT INTO log VALUES ('y')} rows=1 in-transaction\n"
     "answered command=81 {COMMIT} in-transaction\nno transaction\n"
     "answered command=81 {BEGIN}\ntransaction\n"
     "answered command=81 {INSERT INTO items VALUES (1, 'secret')} error=23505 in-transaction\n"
     "answered command=81 {ROLLBACK} in-transaction\nno transaction\n"
     "answered command=81 {BEGIN}\ntransaction\n"
     "answered command=81 {DECLARE \"named\" CURSOR WITHOUT HOLD FOR "
     "SELECT generate_series(1, 3)} in-transaction\n"
     "answered command=81 {FETCH FORWARD 2 FROM \"named\"} rows=2 in-transaction\n"
     "answered command=81 {FETCH FORWARD 2 FROM \"named\"} rows=1 in-transaction\n"
     "answered command=81 {FETCH FORWARD 2 FROM \"named\"} rows=0 in-transaction\n"
     "answered command=81 {CLOSE \"named\"} in-transaction\n"
     "answered command=81 {COMMIT} in-transaction\nno transaction\n"
     "answered command=81 {BEGIN}\ntransaction\n"
     "answered command=81 {COPY log FROM STDIN} rows=3 in-transaction\n"
     "answered command=81 {COMMIT} in-transaction\nno transaction\n0"},
};

std::string without_databases(std::string text) {
  for (const std::string name : {" in=postgres", " in=replication"})
    for (size_t at; (at = text.find(name)) != std::string::npos;) text.erase(at, name.size());
  return text;
}

TEST(PostgresqlCaptures, MeanWhatTheirProgramsMeant) {
  for (const Meaning& meaning : kMeanings)
    EXPECT_EQ(without_databases(story(read_dialogue(meaning.name))), meaning.story) << meaning.name;
}

struct BenchRun {
  const char* name;
  const char* command;
  size_t statements;  // as many as pgbench ran
};

// Three transactions of seven statements; two of four.
constexpr BenchRun kRuns[] = {{"pgbench_simple", "command=81", 21},
                              {"pgbench_extended", "command=69", 21},
                              {"pgbench_prepared", "command=69", 21},
                              {"pgbench_pipeline_extended", "command=69", 8},
                              {"pgbench_pipeline_prepared", "command=69", 8}};

TEST(PostgresqlCaptures, OfPgbenchHaveAsManyOperationsAsStatements) {
  for (const BenchRun& run : kRuns) {
    const std::string told = story(read_dialogue(run.name));
    EXPECT_EQ(count(told, "answered "), run.statements) << told;
    EXPECT_EQ(count(told, run.command), run.statements) << told;
    EXPECT_EQ(count(told, "{"), run.statements) << told;
    EXPECT_EQ(count(told, "error="), 0u) << told;
    EXPECT_EQ(count(told, "text-missing"), 0u) << told;
    EXPECT_EQ(told.back(), '0') << told;
  }
}

TEST(PostgresqlCaptures, OfPgbenchTellItsStatementsApart) {
  for (const std::string mode : {"extended", "prepared"}) {
    const std::string told = story(read_dialogue("pgbench_" + mode));
    const char* const starts[] = {"{BEGIN",
                                  "{UPDATE pgbench_accounts",
                                  "{SELECT abalance",
                                  "{UPDATE pgbench_tellers",
                                  "{UPDATE pgbench_branches",
                                  "{INSERT INTO pgbench_history",
                                  "{END"};
    size_t at = 0;
    for (int transaction = 0; transaction < 3; ++transaction)
      for (const char* start : starts) {
        at = told.find('{', at);
        ASSERT_NE(at, std::string::npos) << told;
        EXPECT_EQ(told.compare(at, strlen(start), start), 0) << told.substr(at, 30);
        ++at;
      }
  }
}

TEST(PostgresqlCaptures, OfReplicationEndWhereTheStreamBegins) {
  const Dialogue turns = read_dialogue("pg_receivewal");
  const std::string told = story(turns);
  EXPECT_EQ(count(told, "answered "), 6u) << told;
  EXPECT_EQ(count(told, "{START_REPLICATION "), 1u) << told;
  EXPECT_EQ(told.back(), '0');
  size_t streams = 0;
  for (const Turn& turn : turns) streams += turn.from == 'S' ? count(turn.bytes, "W\0\0\0\7"s) : 0;
  EXPECT_EQ(streams, 1u) << "the capture has no stream in it";
}

std::vector<std::string> names() {
  std::vector<std::string> all = {"pg_receivewal"};
  for (const Meaning& meaning : kMeanings) all.push_back(meaning.name);
  for (const BenchRun& run : kRuns) all.push_back(run.name);
  return all;
}

class PostgresqlCaptureSplit : public ::testing::TestWithParam<std::string> {};

TEST_P(PostgresqlCaptureSplit, IntoSingleBytesMeansTheSame) {
  const Dialogue turns = read_dialogue(GetParam());
  for (const size_t portion : {1, 2, 3, 5, 7, 64}) EXPECT_EQ(story(turns, portion), story(turns));
}

TEST_P(PostgresqlCaptureSplit, InTwoAtAnyByteMeansTheSame) {
  const Dialogue turns = read_dialogue(GetParam());
  const std::string whole = story(turns);
  for (size_t turn = 0; turn < turns.size(); ++turn)
    for (size_t at = 1; at < turns[turn].bytes.size(); ++at) {
      Dialogue split = turns;
      split.insert(split.begin() + static_cast<ptrdiff_t>(turn) + 1,
                   {turns[turn].from, turns[turn].bytes.substr(at)});
      split[turn].bytes.resize(at);
      ASSERT_EQ(story(split), whole) << "turn " << turn << " at " << at;
    }
}

INSTANTIATE_TEST_SUITE_P(Captures, PostgresqlCaptureSplit, ::testing::ValuesIn(names()),
                         [](const auto& sample) { return sample.param; });

}  // namespace
}  // namespace seamtrace::agent::codecs
