// Damaged files, full disks, other people's files, two writers.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "collector/store/chunk.h"
#include "collector/store/testing/span_maker.h"
#include "collector/store/testing/store_fixture.h"

namespace seamtrace::collector {
namespace {

using testing::BatchMaker;
using testing::describe_all;
using testing::RandomSpans;
using testing::trace_id;

class FaultTest : public testing::StoreFixture {
 protected:
  /// A closed store with some traces in it.
  BatchPtr make_store(uint32_t seed = 1) {
    RandomSpans random(seed);
    const BatchPtr batch = random.batch(60, 1, 40);
    write(*open(), batch);
    return batch;
  }
  std::string content() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void set_content(const std::string& bytes) {
    for (const auto& entry : std::filesystem::directory_iterator(folder())) {
      std::filesystem::remove(entry);
    }
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  std::filesystem::path folder() const { return std::filesystem::path(path_).parent_path(); }
  size_t files_aside() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder())) {
      count += entry.path().string().find(".damaged-") != std::string::npos ? 1 : 0;
    }
    return count;
  }
  void run(const std::string& statement) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, statement.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }
};

TEST_F(FaultTest, WhateverIsDamagedWritingGoesOn) {
  make_store();
  const std::string whole = content();
  std::mt19937_64 random(1);
  size_t moved = 0;
  for (int round = 0; round < 150; ++round) {
    std::string bytes = whole;
    for (int i = 0; i < 30; ++i) {
      // The mark by which a file is known as a store stays.
      const size_t at = 100 + random() % (bytes.size() - 100);
      bytes[at] = static_cast<char>(random());
    }
    if (round % 3 == 0) bytes.resize(100 + random() % bytes.size());
    set_content(bytes);
    Result<std::unique_ptr<Store>> store = Store::open({.path = path_});
    ASSERT_TRUE(store) << store.error().message;
    RandomSpans others(1);  // with the traces that are there: they are unpacked and joined
    const BatchPtr batch = others.batch(60, 1, 40);
    std::optional<Error> error = (*store)->write({batch});
    ASSERT_FALSE(error) << error->message;
    BatchMaker maker;
    maker.add(1'000'000, 1);
    error = (*store)->write({maker.take()});
    ASSERT_FALSE(error) << error->message;
    (*store)->clean();
    maker.add(2'000'000, 1);
    error = (*store)->write({maker.take()});
    ASSERT_FALSE(error) << error->message;
    if (files_aside() == 0) continue;
    ++moved;
    EXPECT_EQ(describe_all(*read()).size(), (*store)->statistics().spans);
    EXPECT_TRUE(read()->find(trace_id(2'000'000)));
  }
  EXPECT_GT(moved, 20u) << "no damage was found";
}

TEST_F(FaultTest, ReadingADamagedFileIsAnErrorAndNothingWorse) {
  make_store();
  const std::string whole = content();
  std::mt19937_64 random(2);
  size_t errors = 0;
  for (int round = 0; round < 150; ++round) {
    std::string bytes = whole;
    for (int i = 0; i < 20; ++i) bytes[100 + random() % (bytes.size() - 100)] ^= 0x55;
    if (round % 3 == 0) bytes.resize(100 + random() % bytes.size());
    set_content(bytes);
    const Result<std::unique_ptr<StoreReader>> reader = StoreReader::open(path_);
    if (!reader) {
      ++errors;
      continue;
    }
    if ((*reader)->scan({}, nullptr, [&](const TraceRow& row) {
          errors += (*reader)->load(row.row) ? 0 : 1;
          return true;
        })) {
      ++errors;
    }
    errors += (*reader)->rollups({}, "") ? 0 : 1;
    errors += (*reader)->edges({}) ? 0 : 1;
    (*reader)->attribute_keys();
    (*reader)->attribute_values("key.1", 10);
    (*reader)->change();
    (*reader)->statistics();
  }
  EXPECT_GT(errors, 50u);
}

TEST(ChunkTest, AnyFlippedBitIsNoticed) {
  store::ChunkPacker packer;
  for (const size_t size : {size_t{10}, size_t{1000}}) {
    std::string records;
    for (size_t i = 0; i < size; ++i) records += static_cast<char>('a' + i % 7);
    std::string packed(packer.pack(records));
    EXPECT_EQ(packer.unpack(packed), records);
    for (size_t i = 0; i < packed.size() * 8; ++i) {
      packed[i / 8] = static_cast<char>(packed[i / 8] ^ 1 << i % 8);
      EXPECT_FALSE(packer.unpack(packed)) << "bit " << i;
      packed[i / 8] = static_cast<char>(packed[i / 8] ^ 1 << i % 8);
    }
  }
}

TEST_F(FaultTest, ADamagedFileIsKeptUnderAnotherName) {
  make_store();
  std::string bytes = content();
  std::fill(bytes.begin() + 100, bytes.begin() + 8000, '\xaa');
  set_content(bytes);
  const auto store = open();
  EXPECT_EQ(store->statistics().spans, 0u);
  EXPECT_GE(files_aside(), 1u);
  uint64_t kept = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    if (entry.path().string().find(".damaged-") != std::string::npos) {
      kept = std::max<uint64_t>(kept, entry.file_size());
    }
  }
  EXPECT_EQ(kept, bytes.size());
}

TEST_F(FaultTest, DamageThatAReaderMeetsIsHeardOfByTheWriter) {
  make_store();
  const auto store = open();
  EXPECT_EQ(store->statistics().last_error, "");
  {
    // Of all pages but the first, while the file is open.
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(4096);
    file << std::string(std::filesystem::file_size(path_) - 4096, '\xaa');
  }
  EXPECT_TRUE(read()->scan({}, nullptr, [](const TraceRow&) { return true; }));
  store->clean();
  EXPECT_GE(files_aside(), 1u);
  EXPECT_EQ(store->statistics().last_error, "");
  RandomSpans random(7);
  const BatchPtr batch = random.batch(20, 1, 40);
  write(*store, batch);
  EXPECT_EQ(describe_all(*read()), describe_all({batch}));
}

TEST_F(FaultTest, DamageWithinAWholeFileIsTold) {
  make_store();
  const auto store = open();
  run("UPDATE rollup SET durations = x'05'");
  const auto reader = read();
  EXPECT_FALSE(reader->rollups({}, ""));
  store->clean();
  EXPECT_EQ(files_aside(), 0u);
  BatchMaker maker;
  maker.add(1'000'000, 1);
  write(*store, maker.take());
  EXPECT_NE(store->statistics().last_error.find("damaged"), std::string::npos)
      << store->statistics().last_error;
}

TEST_F(FaultTest, AReaderFollowsToTheNewFile) {
  const BatchPtr batch = make_store();
  const auto reader = read();
  EXPECT_EQ(describe_all(*reader).size(), batch->list.spans.size());
  std::string bytes = content();
  std::fill(bytes.begin() + 100, bytes.begin() + 8000, '\xaa');
  const std::string other = folder_.file("other");
  std::ofstream(other, std::ios::binary) << bytes;
  std::filesystem::rename(other, path_);
  const auto store = open();
  BatchMaker maker;
  maker.add(5, 5);
  write(*store, maker.take());
  EXPECT_EQ(describe_all(*reader).size(), 1u);
}

/// Limits the size of files that this process may write, as a full disk would.
class FileLimit {
 public:
  explicit FileLimit(uint64_t bytes) : old_handler_(signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  sighandler_t old_handler_;
};

TEST_F(FaultTest, AFullDiskLosesNothingThatWasWrittenAndHealsByItself) {
  RandomSpans random(3);
  const auto store = open();
  const BatchPtr first = random.batch(20, 1, 40);
  write(*store, first);
  const StoreStatistics before = store->statistics();
  std::vector<BatchPtr> later;
  for (int i = 0; i < 5; ++i) later.push_back(random.batch(60, 10, 40));
  // Some traces get more spans while the disk is full.
  BatchMaker more;
  for (const Span& span : first->list.spans) {
    more.add_copy(span);
    more.last().span_id[0] ^= 0x80;
  }
  later.push_back(more.take());
  {
    const uint64_t now = std::filesystem::file_size(path_ + "-wal");
    const FileLimit limit(now + 20'000);
    size_t errors = 0;
    for (const BatchPtr& batch : later) {
      const std::optional<Error> error = store->write({batch});
      if (!error) continue;
      ++errors;
      EXPECT_NE(error->message.find("disk is full"), std::string::npos) << error->message;
      EXPECT_EQ(store->statistics().last_error, error->message);
      EXPECT_EQ(store->statistics().spans, before.spans) << "what failed was counted";
      EXPECT_EQ(store->statistics().traces, before.traces);
      EXPECT_EQ(store->statistics().change, before.change);
      EXPECT_EQ(store->statistics().oldest_unix_ns, before.oldest_unix_ns);
      EXPECT_EQ(describe_all(*read()), describe_all({first}));
    }
    EXPECT_EQ(errors, later.size());
  }
  for (const BatchPtr& batch : later) write(*store, batch);
  EXPECT_EQ(store->statistics().last_error, "");
  later.push_back(first);
  EXPECT_EQ(describe_all(*read()), describe_all(later));
  EXPECT_EQ(store->statistics().duplicates, 0u);
  uint64_t counted = 0, written = 0;
  const auto rollups = read()->rollups({}, "");
  for (const Rollup& rollup : *rollups) counted += rollup.count;
  for (const BatchPtr& batch : later) written += batch->list.spans.size();
  EXPECT_EQ(counted, written);
}

TEST_F(FaultTest, AFileThatIsDeletedIsBegunAnew) {
  const auto store = open();
  RandomSpans random(5);
  write(*store, random.batch(20, 1, 40));
  const auto reader = read();
  for (const bool with_folder : {false, true}) {
    if (with_folder) {
      std::filesystem::remove_all(folder());
    } else {
      std::filesystem::remove(path_);
    }
    const uint64_t written = store->statistics().spans_written;
    const BatchPtr batch = random.batch(20, 1, 40);
    write(*store, batch);
    EXPECT_EQ(describe_all(*reader), describe_all({batch}));
    EXPECT_EQ(store->statistics().spans, batch->list.spans.size());
    EXPECT_EQ(store->statistics().spans_written, written + batch->list.spans.size());
    EXPECT_NE(open_error().find("process " + std::to_string(getpid())), std::string::npos)
        << "it is not locked: " << open_error();
  }
  std::filesystem::remove(path_);
  store->clean();
  EXPECT_TRUE(std::filesystem::exists(path_)) << "until the next span a reader would say so";
  EXPECT_EQ(store->statistics().spans, 0u);
}

TEST_F(FaultTest, WhoeverTookThePlaceOfADeletedFileIsNotWrittenOver) {
  const auto store = open();
  RandomSpans random(6);
  write(*store, random.batch(20, 1, 40));
  std::filesystem::remove_all(folder());
  auto other = open();
  const BatchPtr others = random.batch(20, 1, 40), late = random.batch(20, 1, 40);
  write(*other, others);
  const std::optional<Error> error = store->write({late});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kBusy);
  EXPECT_EQ(store->statistics().last_error, error->message);
  EXPECT_EQ(describe_all(*read()), describe_all({others}));
  other.reset();
  write(*store, late);
  EXPECT_EQ(store->statistics().last_error, "");
  EXPECT_EQ(describe_all(*read()), describe_all({others, late}));
}

TEST_F(FaultTest, OneWriterAtATime) {
  const auto store = open();
  const Result<std::unique_ptr<Store>> second = Store::open({.path = path_});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
  EXPECT_NE(second.error().message.find("process " + std::to_string(getpid())), std::string::npos)
      << second.error().message;
}

TEST_F(FaultTest, AFileOfANewerVersionIsLeftAlone) {
  make_store();
  run("PRAGMA user_version = 99");
  const std::string before = content();
  EXPECT_NE(open_error().find("format 99"), std::string::npos) << open_error();
  EXPECT_FALSE(StoreReader::open(path_));
  EXPECT_EQ(content(), before);
  EXPECT_EQ(files_aside(), 0u);
}

TEST_F(FaultTest, AFileThatIsNoStoreIsLeftAlone) {
  std::filesystem::create_directories(folder());
  for (const std::string& text : {std::string("Dear diary,\n"), std::string(10'000, 'x')}) {
    std::ofstream(path_, std::ios::binary) << text;
    EXPECT_NE(open_error().find("is no store"), std::string::npos) << open_error();
    EXPECT_EQ(content(), text);
  }
  std::filesystem::remove(path_);
  run("CREATE TABLE diary(text); INSERT INTO diary VALUES('Dear')");
  const std::string before = content();
  EXPECT_NE(open_error().find("is no store"), std::string::npos) << open_error();
  EXPECT_EQ(content(), before);
  EXPECT_FALSE(StoreReader::open(path_));
  path_ = folder_.path();
  EXPECT_NE(open_error().find("is no store"), std::string::npos) << open_error();
}

TEST_F(FaultTest, AnOlderFileIsMigrated) {
  const BatchPtr batch = make_store();
  run("DROP TABLE arrival; ALTER TABLE state DROP COLUMN rollup_bytes;"
      "DROP TABLE rollup; PRAGMA user_version = 0");
  EXPECT_FALSE(StoreReader::open(path_)) << "a reader changes nothing";
  const auto store = open();
  EXPECT_EQ(describe_all(*read()), describe_all({batch}));
  BatchMaker maker;
  maker.add(1'000'000, 1);
  write(*store, maker.take());
  EXPECT_EQ(read()->rollups({}, "")->size(), 1u);
  EXPECT_EQ(files_aside(), 0u);
}

TEST_F(FaultTest, NoFileIsAnErrorForAReader) {
  const Result<std::unique_ptr<StoreReader>> reader = StoreReader::open(path_);
  ASSERT_FALSE(reader);
  EXPECT_NE(reader.error().message.find("there is no store"), std::string::npos);
}

TEST_F(FaultTest, AFolderThatMayNotBeWrittenToIsAnError) {
  if (geteuid() == 0) {
    // Rights do not bind this user; a file in the folder's place does.
    std::ofstream(folder_.file("traces")) << "in the way";
    EXPECT_NE(open_error(), "");
    return;
  }
  std::filesystem::create_directories(folder());
  std::filesystem::permissions(
      folder(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  EXPECT_NE(open_error().find("may not be written to"), std::string::npos) << open_error();
  std::filesystem::permissions(folder(), std::filesystem::perms::owner_all);
}

TEST_F(FaultTest, AReaderSeesWholeCommitsWhileItIsWrittenTo) {
  const auto store = open();
  std::atomic<bool> end{false};
  std::thread writer([&] {
    BatchMaker maker;
    for (uint64_t i = 1; i <= 200; ++i) {
      // Each commit: ten spans of a new trace, and one more of each of the three before.
      for (uint64_t j = 0; j < 10; ++j) maker.add(i, 100 * i + j, j == 0 ? 0 : 100 * i);
      for (uint64_t old = i > 3 ? i - 3 : 1; old < i; ++old)
        maker.add(old, 1'000'000 + i, 100 * old);
      write(*store, maker.take());
    }
    end = true;
  });
  const auto reader = read();
  uint64_t last_change = 0, rounds = 0;
  while (!end || rounds == 0) {
    ++rounds;
    const uint64_t change = reader->change();
    EXPECT_GE(change, last_change);
    last_change = change;
    uint64_t spans = 0;
    EXPECT_FALSE(reader->scan({}, nullptr, [&](const TraceRow& row) {
      EXPECT_GE(row.spans, 10u);
      spans += row.spans;
      const Result<SpanList> list = reader->load(row.row);
      EXPECT_TRUE(list);
      if (list) {
        EXPECT_EQ(list->spans.size(), row.spans);
      }
      return row.trace_id != trace_id(1);
    }));
  }
  writer.join();
  EXPECT_EQ(describe_all(*reader).size(), store->statistics().spans);
}

}  // namespace
}  // namespace seamtrace::collector
