// store_kills: a writer is killed at random moments, many times; afterwards every acknowledged
// span is there once.
//
//   store_kills KILLS [SEED]    exit status 1: something was lost, doubled or damaged
//
// The writer writes batches 1, 2, 3 ... and prints each number when write() has come back. Each
// batch adds to traces of the batch before. The next writer begins some batches before the first
// that was not acknowledged, as the collector does: their spans are there already.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "collector/store/database.h"
#include "collector/store/store.h"
#include "collector/store/testing/span_maker.h"

namespace seamtrace::collector {
namespace {

constexpr uint64_t kTracesPerBatch = 10;
constexpr uint64_t kReplayed = 3;

BatchPtr make_batch(uint64_t number) {
  testing::RandomSpans random(static_cast<uint32_t>(number), number * kTracesPerBatch / 2);
  return random.batch(kTracesPerBatch, 1, 30);
}

[[noreturn]] void write_until_killed(const std::string& path, uint64_t first, int pipe) {
  // The write-ahead log is copied back often, so that kills meet that too.
  Result<std::unique_ptr<Store>> store = Store::open({.path = path, .most_bytes = 64 << 20});
  if (!store) {
    std::fprintf(stderr, "store_kills: %s\n", store.error().message.c_str());
    _exit(1);
  }
  for (uint64_t number = first;; ++number) {
    // Now and then two batches share a commit.
    std::vector<BatchPtr> batches = {make_batch(number)};
    if (number % 5 == 0) batches.push_back(make_batch(++number));
    if (std::optional<Error> error = (*store)->write(batches)) {
      std::fprintf(stderr, "store_kills: %s\n", error->message.c_str());
      _exit(1);
    }
    if (::write(pipe, &number, sizeof(number)) != sizeof(number)) _exit(1);
  }
}

/// Kills a writer after a random time; the last number that it acknowledged, or `before`.
uint64_t run_and_kill(const std::string& path, uint64_t before, std::mt19937_64& random) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) std::exit(1);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    write_until_killed(path, before > kReplayed ? before - kReplayed + 1 : 1, ends[1]);
  }
  close(ends[1]);
  usleep(static_cast<useconds_t>(random() % 200'000));
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status)) {
    std::fprintf(stderr, "store_kills: the writer ended by itself\n");
    std::exit(1);
  }
  uint64_t last = before, number = 0;
  while (read(ends[0], &number, sizeof(number)) == sizeof(number)) last = std::max(last, number);
  close(ends[0]);
  return last;
}

/// What is wrong with the file; empty: nothing.
std::string verify(const std::string& path, uint64_t acknowledged) {
  {
    Result<std::unique_ptr<store::Database>> database =
        store::Database::open(path, store::Database::Mode::kWrite);
    if (!database) return database.error().message;
    const std::string verdict = (*database)->text("PRAGMA integrity_check");
    if (verdict != "ok") return "integrity_check: " + verdict;
  }
  Result<std::unique_ptr<StoreReader>> reader = StoreReader::open(path);
  if (!reader) return reader.error().message;
  std::map<std::string, int> there;
  uint64_t spans = 0;
  std::string problem;
  const std::optional<Error> error = (*reader)->scan({}, nullptr, [&](const TraceRow& row) {
    const Result<SpanList> list = (*reader)->load(row.row);
    if (!list) problem = list.error().message;
    if (!list) return false;
    for (const Span& span : list->spans) {
      ++there[testing::describe(span)];
      ++spans;
    }
    return true;
  });
  if (error) return error->message;
  if (!problem.empty()) return problem;
  // What was not acknowledged may be there or not: one commit more, of at most two batches.
  for (uint64_t number = 1; number <= acknowledged + 2; ++number) {
    const BatchPtr batch = make_batch(number);
    size_t found = 0;
    for (const Span& span : batch->list.spans) {
      const auto at = there.find(testing::describe(span));
      if (at == there.end()) continue;
      if (at->second != 1) return "a span is there more than once";
      ++found;
      there.erase(at);
    }
    const bool all = found == batch->list.spans.size();
    if (number <= acknowledged ? !all : !all && found != 0) {
      return "of batch " + std::to_string(number) + ", " +
             (number <= acknowledged ? "acknowledged, " : "not acknowledged, ") +
             std::to_string(found) + " of " + std::to_string(batch->list.spans.size()) +
             " spans are there";
    }
  }
  if (!there.empty()) return "there are spans that were never written";
  const auto rollups = (*reader)->rollups({}, "");
  if (!rollups) return rollups.error().message;
  uint64_t counted = 0;
  for (const Rollup& rollup : *rollups) counted += rollup.count;
  if (counted != spans) {
    return "the roll-ups count " + std::to_string(counted) + " spans of " + std::to_string(spans);
  }
  if ((*reader)->statistics().spans != spans) return "the state's number of spans is wrong";
  return "";
}

int run(int kills, uint64_t seed) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.file("store.db");
  std::mt19937_64 random(seed);
  uint64_t acknowledged = 0;
  for (int i = 1; i <= kills; ++i) {
    acknowledged = run_and_kill(path, acknowledged, random);
    // All is looked at every time while it is little, then now and then.
    if (i > 20 && i % 10 != 0 && i != kills) continue;
    const std::string problem = acknowledged == 0 ? "" : verify(path, acknowledged);
    if (problem.empty()) continue;
    std::fprintf(stderr, "store_kills: after kill %d (seed %llu), %llu batches acknowledged: %s\n",
                 i, static_cast<unsigned long long>(seed),
                 static_cast<unsigned long long>(acknowledged), problem.c_str());
    return 1;
  }
  std::printf("{\"kills\": %d, \"batches_acknowledged\": %llu, \"lost\": 0, \"doubled\": 0}\n",
              kills, static_cast<unsigned long long>(acknowledged));
  return acknowledged > 0 ? 0 : 1;
}

}  // namespace
}  // namespace seamtrace::collector

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: store_kills KILLS [SEED]\n");
    return 2;
  }
  return seamtrace::collector::run(std::atoi(arguments[1]),
                                   count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1);
}
