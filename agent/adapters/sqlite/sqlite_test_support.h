// A library of the tests' own under the adapter, and the hooks' way of calling it.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "agent/adapters/sqlite/sqlite_adapter.h"
#include "agent/testing/http_fixture.h"

namespace seamtrace::agent::adapters::sqlite {

/// Where the fake library is mapped: calls from within it are its own.
inline char fake_code[64];
inline char fake_vfs;
inline char programs_code;

struct FakeDatabase {
  const void* vfs = &fake_vfs;
  std::string file = "/data/shop.db";
  int code = 0;
  int changes = 0;
  int total_changes = 0;
};

struct FakeStatement {
  FakeDatabase* database;
  std::string text;
  /// What the next steps give; SQLITE_DONE after the last one.
  std::deque<int> results;
  int columns = 1;
  int parameters = 0;
  bool busy = false;
  int changed_rows = 0;
  std::function<void()> within_step = [] {};

  sqlite3_stmt* handle() { return reinterpret_cast<sqlite3_stmt*>(this); }
};

inline FakeStatement& fake(sqlite3_stmt* statement) {
  return *reinterpret_cast<FakeStatement*>(statement);
}
inline FakeDatabase& fake(sqlite3* database) { return *reinterpret_cast<FakeDatabase*>(database); }
inline sqlite3* handle(FakeDatabase& database) { return reinterpret_cast<sqlite3*>(&database); }

/// What the next sqlite3_prepare makes; null: it fails with the database's code.
inline FakeStatement* next_prepared = nullptr;
/// What sqlite3_exec does.
inline std::function<int()> fake_exec;

inline int fake_step(sqlite3_stmt* raw) {
  FakeStatement& statement = fake(raw);
  statement.within_step();
  int result = kDone;
  if (!statement.results.empty()) {
    result = statement.results.front();
    statement.results.pop_front();
  }
  statement.busy = result == kRow || (result & 0xff) == 5;
  if (result != kRow && result != kDone) statement.database->code = result;
  if (result == kDone && statement.changed_rows != 0) {
    statement.database->changes = statement.changed_rows;
    statement.database->total_changes += statement.changed_rows;
  }
  return result & 0xff;
}

inline int fake_release(sqlite3_stmt* raw) {
  fake(raw).busy = false;
  return kOk;
}

inline int fake_prepare(sqlite3* database, const char*, int, sqlite3_stmt** out, const char**) {
  *out = next_prepared == nullptr ? nullptr : next_prepared->handle();
  return next_prepared == nullptr ? fake(database).code & 0xff : kOk;
}

inline SqliteFunctions fake_functions() {
  SqliteFunctions functions;
  functions.step = fake_step;
  functions.reset = fake_release;
  functions.finalize = fake_release;
  functions.prepare_v2 = fake_prepare;
  functions.prepare16_v2 = [](sqlite3* database, const void*, int, sqlite3_stmt** out,
                              const void**) {
    return fake_prepare(database, nullptr, 0, out, nullptr);
  };
  functions.exec = [](sqlite3*, const char*, ExecCallback*, void*, char**) { return fake_exec(); };
  functions.sql = [](sqlite3_stmt* statement) -> const char* {
    return fake(statement).text.empty() ? nullptr : fake(statement).text.c_str();
  };
  functions.db_handle = [](sqlite3_stmt* statement) { return handle(*fake(statement).database); };
  functions.db_filename = [](sqlite3* database, const char*) {
    return fake(database).file.c_str();
  };
  functions.db_mutex = [](sqlite3*) -> sqlite3_mutex* { return nullptr; };
  functions.mutex_enter = [](sqlite3_mutex*) {};
  functions.mutex_leave = [](sqlite3_mutex*) {};
  functions.extended_errcode = [](sqlite3* database) { return fake(database).code; };
  functions.bind_parameter_count = [](sqlite3_stmt* statement) {
    return fake(statement).parameters;
  };
  functions.column_count = [](sqlite3_stmt* statement) { return fake(statement).columns; };
  functions.stmt_busy = [](sqlite3_stmt* statement) { return fake(statement).busy ? 1 : 0; };
  functions.changes = [](sqlite3* database) { return fake(database).changes; };
  functions.total_changes = [](sqlite3* database) { return fake(database).total_changes; };
  return functions;
}

inline Caller caller_at(const void* address) {
  return {address, reinterpret_cast<uintptr_t>(__builtin_frame_address(0))};
}

/// The hooks' own steps, without preloading.
template <typename F>
void with_agent(F f) {
  const Entry entry;
  if (entry) f();
}

[[gnu::noinline]] inline int step(sqlite3_stmt* statement, const void* from = &programs_code) {
  StepCall call(statement, caller_at(from));
  if (call.may_begin()) with_agent([&] { call.begin(); });
  const int result = call.run();
  if (call.has_ended(result)) with_agent([&] { call.end(result); });
  return result;
}

[[gnu::noinline]] inline int release(sqlite3_stmt* statement,
                                     int (*SqliteFunctions::*function)(sqlite3_stmt*)) {
  if (statement == nullptr) return kOk;
  if (may_be_under_way(statement)) with_agent([&] { end_early(statement); });
  return (library_of(statement, &programs_code)->functions.*function)(statement);
}
inline int reset(sqlite3_stmt* statement) { return release(statement, &SqliteFunctions::reset); }
inline int finalize(sqlite3_stmt* statement) {
  return release(statement, &SqliteFunctions::finalize);
}

[[gnu::noinline]] inline int prepare(sqlite3* database, const std::string& text, sqlite3_stmt** out,
                                     const void* from = &programs_code) {
  PrepareCall call(database, caller_at(from));
  const Utf8Text given{text.c_str(), static_cast<int>(text.size())};
  const int result = call.run(&SqliteFunctions::prepare_v2, given.bytes, given.size, out,
                              static_cast<const char**>(nullptr));
  if (call.has_failed(result, out)) with_agent([&] { call.record_failure(result, given); });
  return result;
}

[[gnu::noinline]] inline int prepare16(sqlite3* database, const std::u16string& text) {
  PrepareCall call(database, caller_at(&programs_code));
  sqlite3_stmt* out = nullptr;
  const Utf16Text given{text.c_str(), -1};
  const int result = call.run(&SqliteFunctions::prepare16_v2, given.bytes, given.size, &out,
                              static_cast<const void**>(nullptr));
  if (call.has_failed(result, &out)) with_agent([&] { call.record_failure(result, given); });
  return result;
}

[[gnu::noinline]] inline int exec(sqlite3* database, const char* text,
                                  const void* from = &programs_code) {
  ExecCall call(database, text, caller_at(from));
  if (call.may_begin()) with_agent([&] { call.begin(); });
  const int result = call.run(&SqliteFunctions::exec, static_cast<ExecCallback*>(nullptr),
                              static_cast<void*>(nullptr), static_cast<char**>(nullptr));
  if (call.has_ended(result)) with_agent([&] { call.end(result); });
  return result;
}

class SqliteFixture : public testing::HttpFixture {
 protected:
  void SetUp() override {
    HttpFixture::SetUp();
    spans::reset_pools();
    after_fork();
    thread_calls = {};
    next_prepared = nullptr;
    for (wire::Counter counter :
         {wire::Counter::lost_slots_exhausted, wire::Counter::database_errors,
          wire::Counter::requests_unsampled})
      before_[static_cast<size_t>(counter)] = ring_writer::counter_value(counter);
  }

  FakeStatement statement(const std::string& text, std::deque<int> results = {}) {
    FakeStatement made{&database_, text, std::move(results)};
    return made;
  }

  /// How often it was counted in this test.
  uint64_t counted(wire::Counter counter) {
    return ring_writer::counter_value(counter) - before_[static_cast<size_t>(counter)];
  }

  std::vector<testing::Record> records() {
    if (testing::SegmentReader::find(directory()).empty()) return {};
    return testing::SegmentReader(directory()).records();
  }
  size_t in_flight() { return testing::SegmentReader(directory()).slots_in_use().size(); }

  FakeDatabase database_;

 private:
  uint64_t before_[256] = {};
};

inline wire::DatabaseFacts facts_of(const testing::Record& record) {
  wire::DatabaseFacts facts{};
  const std::string bytes = record.slice(wire::SliceKind::kDatabaseFacts);
  EXPECT_EQ(bytes.size(), sizeof facts);
  if (bytes.size() == sizeof facts) memcpy(&facts, bytes.data(), sizeof facts);
  return facts;
}
inline std::string text_of(const testing::Record& record) {
  return record.slice(wire::SliceKind::kStatement);
}
inline std::string code_of(const testing::Record& record) {
  return record.slice(wire::SliceKind::kErrorCode);
}
inline std::vector<std::string> texts_of(const std::vector<testing::Record>& records) {
  std::vector<std::string> texts;
  for (const testing::Record& record : records) texts.push_back(text_of(record));
  return texts;
}

/// Makes the fake library the one of its connections.
class FakeSqliteFixture : public SqliteFixture {
 protected:
  void SetUp() override {
    SqliteFixture::SetUp();
    const auto begin = reinterpret_cast<uintptr_t>(fake_code);
    library_ = add_library(fake_functions(), begin, begin + sizeof fake_code);
    ASSERT_NE(library_, nullptr);
    library_->inner_calls.store(InnerCalls::kUnknown);
    remember(&fake_vfs, library_);
  }
  SqliteLibrary* library_ = nullptr;
};

}  // namespace seamtrace::agent::adapters::sqlite
