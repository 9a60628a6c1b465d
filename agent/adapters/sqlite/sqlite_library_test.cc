// The adapter over the distribution's SQLite, and over a second copy of it.
#include "agent/adapters/sqlite/sqlite_library.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <link.h>
#include <sqlite3.h>
#include <sys/mman.h>

#include <filesystem>
#include <memory>

#include "agent/adapters/sqlite/sqlite_test_support.h"

namespace seamtrace::agent::adapters::sqlite {
namespace {

using testing::Record;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kMayBindDeeply = false;
#elif defined(__has_feature)
constexpr bool kMayBindDeeply =
    !__has_feature(thread_sanitizer) && !__has_feature(address_sanitizer);
#else
constexpr bool kMayBindDeeply = true;
#endif
/// A copy that binds its calls to itself, as if this program did not depend on another.
constexpr int kAlone = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;

class SqliteLibraryTest : public SqliteFixture {
 protected:
  void SetUp() override {
    SqliteFixture::SetUp();
    path_ = directory() + "/test.db";
    ASSERT_EQ(sqlite3_open(path_.c_str(), &sqlite_), SQLITE_OK);
  }
  void TearDown() override {
    sqlite3_close_v2(sqlite_);
    SqliteFixture::TearDown();
  }

  sqlite3_stmt* prepared(const std::string& text) {
    sqlite3_stmt* made = nullptr;
    EXPECT_EQ(prepare(sqlite_, text, &made), SQLITE_OK);
    return made;
  }
  int run(const std::string& text) {
    sqlite3_stmt* made = prepared(text);
    int result = SQLITE_ROW;
    while (result == SQLITE_ROW) result = step(made);
    finalize(made);
    return result;
  }

  std::string path_;
  sqlite3* sqlite_ = nullptr;
};

TEST_F(SqliteLibraryTest, StatementsOfTheRealLibrary) {
  EXPECT_EQ(run("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE)"), SQLITE_DONE);
  EXPECT_EQ(run("INSERT INTO t (b) VALUES ('x'), ('y')"), SQLITE_DONE);
  sqlite3_stmt* select = prepared("SELECT b FROM t WHERE a >= ?");
  for (int id : {1, 2}) {
    sqlite3_bind_int(select, 1, id);
    while (step(select) == SQLITE_ROW) continue;
    reset(select);
  }
  finalize(select);
  EXPECT_EQ(run("INSERT INTO t (b) VALUES ('x')"), SQLITE_CONSTRAINT);
  sqlite3_stmt* none = nullptr;
  EXPECT_EQ(prepare(sqlite_, "SELEC", &none), SQLITE_ERROR);
  EXPECT_EQ(run("UPDATE t SET b = b || 'z'"), SQLITE_DONE);

  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 7u);
  for (const Record& record : all)
    EXPECT_EQ(record.slice(wire::SliceKind::kNamespace), path_) << text_of(record);
  EXPECT_EQ(facts_of(all[0]).flags, 0);
  EXPECT_EQ(facts_of(all[1]).rows, 2u);
  EXPECT_EQ(facts_of(all[2]).rows, 2u);
  EXPECT_EQ(facts_of(all[3]).rows, 1u);
  EXPECT_EQ(facts_of(all[3]).flags, wire::kFlagRowsKnown | wire::kFlagParameterised);
  EXPECT_EQ(code_of(all[4]), std::to_string(SQLITE_CONSTRAINT_UNIQUE));
  EXPECT_EQ(code_of(all[5]), std::to_string(SQLITE_ERROR));
  EXPECT_EQ(facts_of(all[6]).rows, 2u);
}

TEST_F(SqliteLibraryTest, ABusyStatementAndItsRetry) {
  run("CREATE TABLE t (a)");
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_stmt* insert = prepared("INSERT INTO t VALUES (?)");
  EXPECT_EQ(step(insert), SQLITE_BUSY);
  EXPECT_EQ(step(insert), SQLITE_BUSY);
  ASSERT_EQ(sqlite3_close(other), SQLITE_OK);
  EXPECT_EQ(step(insert), SQLITE_DONE);
  finalize(insert);
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(code_of(all[1]), "5");
  EXPECT_EQ(code_of(all[2]), "5");
  EXPECT_EQ(code_of(all[3]), "(none)");
  EXPECT_EQ(facts_of(all[3]).rows, 1u);
}

TEST_F(SqliteLibraryTest, NullIsPassedOn) {
  EXPECT_EQ(step(nullptr), SQLITE_MISUSE);
  EXPECT_EQ(finalize(nullptr), SQLITE_OK);
  EXPECT_TRUE(records().empty());
}

TEST_F(SqliteLibraryTest, EachHandleMeetsTheLibraryThatMadeIt) {
  if (!kMayBindDeeply) GTEST_SKIP() << "NOT TESTED: sanitizers refuse RTLD_DEEPBIND";
  // Another file is another library to the loader. Without DEEPBIND it would bind its own calls to
  // the first one, which is a dependency of this program.
  Dl_info info{};
  ASSERT_NE(dladdr(reinterpret_cast<void*>(sqlite3_libversion), &info), 0);
  const std::string copy = directory() + "/libother.so";
  std::filesystem::copy_file(std::filesystem::canonical(info.dli_fname), copy);
  void* loaded = dlopen(copy.c_str(), kAlone);
  ASSERT_NE(loaded, nullptr) << dlerror();
  const auto other_open = reinterpret_cast<decltype(&sqlite3_open)>(dlsym(loaded, "sqlite3_open"));
  const auto other_close =
      reinterpret_cast<decltype(&sqlite3_close)>(dlsym(loaded, "sqlite3_close"));

  sqlite3* other = nullptr;
  ASSERT_EQ(other_open(":memory:", &other), SQLITE_OK);
  const SqliteLibrary* of_other = library_of(other, &programs_code);
  const SqliteLibrary* of_first = library_of(sqlite_, &programs_code);
  ASSERT_NE(of_first, nullptr);
  ASSERT_NE(of_other, nullptr);
  EXPECT_EQ(reinterpret_cast<void*>(of_other->functions.step), dlsym(loaded, "sqlite3_step"));
  EXPECT_EQ(reinterpret_cast<void*>(of_first->functions.step), dlsym(RTLD_DEFAULT, "sqlite3_step"));
  EXPECT_TRUE(of_other->contains(reinterpret_cast<void*>(of_other->functions.step)));
  EXPECT_FALSE(of_other->contains(reinterpret_cast<void*>(of_first->functions.step)));

  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(prepare(other, "SELECT 1", &statement), SQLITE_OK);
  EXPECT_EQ(library_of(statement, &programs_code), of_other);
  EXPECT_EQ(step(statement), SQLITE_ROW);
  finalize(statement);
  EXPECT_EQ(other_close(other), SQLITE_OK);
  EXPECT_EQ(run("SELECT 1"), SQLITE_DONE);
  EXPECT_EQ(records().size(), 2u);
  dlclose(loaded);
}

TEST_F(SqliteLibraryTest, AVfsOfTheProgramsOwnIsLookedForByTheCaller) {
  sqlite3_vfs* standard = sqlite3_vfs_find(nullptr);
  auto own = std::make_unique<sqlite3_vfs>(*standard);
  own->zName = "own";
  ASSERT_EQ(sqlite3_vfs_register(own.get(), 0), SQLITE_OK);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open_v2(":memory:", &database, SQLITE_OPEN_READWRITE, "own"), SQLITE_OK);
  // This program names the library among those it needs.
  const SqliteLibrary* found = library_of(database, &programs_code);
  EXPECT_EQ(found, library_of(sqlite_, &programs_code));
  EXPECT_EQ(sqlite3_close(database), SQLITE_OK);
  sqlite3_vfs_unregister(own.get());
}

TEST_F(SqliteLibraryTest, LibrariesThatCameAndWentLeaveRoom) {
  if (!kMayBindDeeply) GTEST_SKIP() << "NOT TESTED: sanitizers refuse RTLD_DEEPBIND";
  Dl_info info{};
  ASSERT_NE(dladdr(reinterpret_cast<void*>(sqlite3_libversion), &info), 0);
  const std::filesystem::path original = std::filesystem::canonical(info.dli_fname);
  for (int i = 0; i < 40; ++i) {
    const std::string copy = directory() + "/libcopy" + std::to_string(i) + ".so";
    std::filesystem::copy_file(original, copy);
    // What is mapped in between keeps the next one from getting the same addresses.
    void* loaded = dlopen(copy.c_str(), kAlone);
    ASSERT_NE(loaded, nullptr) << dlerror();
    const auto open = reinterpret_cast<decltype(&sqlite3_open)>(dlsym(loaded, "sqlite3_open"));
    const auto close = reinterpret_cast<decltype(&sqlite3_close)>(dlsym(loaded, "sqlite3_close"));
    sqlite3* database = nullptr;
    ASSERT_EQ(open(":memory:", &database), SQLITE_OK);
    const SqliteLibrary* found = library_of(database, &programs_code);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(reinterpret_cast<void*>(found->functions.step), dlsym(loaded, "sqlite3_step")) << i;
    EXPECT_EQ(close(database), SQLITE_OK);
    dlclose(loaded);
    const size_t hole = size_t{4096} * static_cast<size_t>(i + 1) + 1'600'000;
    ASSERT_NE(mmap(nullptr, hole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), MAP_FAILED);
  }
}

}  // namespace
}  // namespace seamtrace::agent::adapters::sqlite
