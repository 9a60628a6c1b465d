#include "collector/ring_reader/ring_reader.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "collector/ring_reader/testing/record_builder.h"
#include "collector/ring_reader/testing/recording_consumer.h"
#include "collector/ring_reader/testing/segment_builder.h"
#include "gtest/gtest.h"

namespace seamtrace::collector {
namespace {

using testing::ChannelDirectory;
using testing::RecordBuilder;
using testing::RecordingConsumer;
using testing::SeenRecord;
using testing::SegmentBuilder;
using Numbers = std::vector<uint64_t>;
using std::chrono::milliseconds;

std::string record(uint64_t number) {
  return RecordBuilder(number).request("GET / HTTP/1.1").bytes();
}

/// A traced process: runs `body` with a segment of its own, says that it is ready, and then does
/// what `end` says.
class Producer {
 public:
  Producer(const ChannelDirectory& directory, const std::function<void(SegmentBuilder&)>& body,
           const std::function<void()>& end) {
    int ready[2];
    if (::pipe(ready) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ready[0]);
      SegmentBuilder::Options options;
      options.name = std::to_string(::getpid()) + "-child.segment";
      SegmentBuilder builder(directory, options);
      body(builder);
      if (::write(ready[1], "x", 1) != 1) ::_exit(99);
      end();
      for (;;) ::pause();
    }
    ::close(ready[1]);
    char byte;
    if (::read(ready[0], &byte, 1) != 1) ADD_FAILURE() << "the producer did not start";
    ::close(ready[0]);
  }
  ~Producer() {
    if (reaped_) return;
    ::kill(pid_, SIGKILL);
    reap();
  }
  pid_t pid() const { return pid_; }
  int reap() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    reaped_ = true;
    return status;
  }

 private:
  pid_t pid_ = -1;
  bool reaped_ = false;
};

class RingReaderTest : public ::testing::Test {
 protected:
  RingReader::Options options() {
    RingReader::Options result;
    result.base_directory = directory_.base();
    result.uid = ::geteuid();
    return result;
  }
  /// Polls until `condition` holds. False: it did not within ten seconds.
  bool poll_until(const std::function<bool()>& condition, uint64_t done = UINT64_MAX) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < deadline) {
      reader_.look_now();
      reader_.poll(consumer_, done);
      if (condition()) return true;
      ::usleep(1000);
    }
    return false;
  }
  const SeenRecord* seen(uint64_t number) const {
    for (const SeenRecord& seen : consumer_.records)
      if (seen.number == number) return &seen;
    return nullptr;
  }

  ChannelDirectory directory_;
  RingReader reader_{options()};
  RecordingConsumer consumer_;
};

TEST_F(RingReaderTest, FindsSegmentsThatAppearLater) {
  reader_.poll(consumer_, 0);
  EXPECT_EQ(reader_.statistics().segments, 0u);
  SegmentBuilder first(directory_), second(directory_);
  first.append(record(1));
  second.append(record(2));
  ASSERT_TRUE(poll_until([&] { return consumer_.records.size() == 2; }, 0));
  EXPECT_EQ(consumer_.processes.size(), 2u);
  EXPECT_NE(consumer_.records[0].producer, consumer_.records[1].producer);
  EXPECT_EQ(reader_.statistics().records, 2u);
}

TEST_F(RingReaderTest, AQuietProducerIsNotDead) {
  SegmentBuilder builder(directory_);
  for (int i = 0; i < 20; ++i) {
    reader_.look_now();
    reader_.poll(consumer_, UINT64_MAX);
  }
  EXPECT_TRUE(consumer_.gone.empty());
  EXPECT_TRUE(builder.file_exists());
}

TEST_F(RingReaderTest, TellsTheProducerThatItIsThere) {
  SegmentBuilder builder(directory_);
  reader_.poll(consumer_, 0);
  EXPECT_EQ(builder.control().collector_pid, static_cast<uint32_t>(::getpid()));
  EXPECT_NE(builder.control().collector_heartbeat_ns, 0u);
}

TEST_F(RingReaderTest, RemovesADeadSegmentOnlyWhenItsRecordsAreDone) {
  SegmentBuilder builder(directory_);
  builder.append(record(1));
  builder.count(wire::Counter::lost_ring_full, 4);
  builder.unmap();
  ASSERT_TRUE(poll_until([&] { return consumer_.records.size() == 1; }, 0));
  for (int i = 0; i < 20; ++i) {
    reader_.look_now();
    reader_.poll(consumer_, 0);
  }
  EXPECT_TRUE(builder.file_exists());
  ASSERT_TRUE(poll_until([&] { return consumer_.gone.size() == 1; }, 1));
  EXPECT_FALSE(builder.file_exists());
  EXPECT_EQ(lost_spans(consumer_.gone.begin()->second), 4u);
  EXPECT_EQ(reader_.statistics().records, 1u);
}

TEST_F(RingReaderTest, WritesOfTheLastMomentAreRead) {
  // The producer writes and dies between two polls.
  for (uint64_t i = 1; i <= 50; ++i) {
    SegmentBuilder builder(directory_);
    reader_.look_now();
    reader_.poll(consumer_, UINT64_MAX);
    builder.append(record(i));
    builder.unmap();
    ASSERT_TRUE(poll_until([&] { return consumer_.gone.size() == i; }));
    EXPECT_NE(seen(i), nullptr);
  }
}

TEST_F(RingReaderTest, ARequestInFlightOfAKilledProcessNamesTheSignal) {
  Producer producer(
      directory_,
      [](SegmentBuilder& builder) {
        builder.append(record(1));
        builder.activate_slot(0, record(2));
      },
      [] { ::pause(); });
  ASSERT_TRUE(poll_until([&] { return seen(1) != nullptr; }));
  EXPECT_EQ(seen(2), nullptr);
  ::kill(producer.pid(), SIGKILL);
  producer.reap();
  ASSERT_TRUE(poll_until([&] { return consumer_.gone.size() == 1; }));
  ASSERT_NE(seen(2), nullptr);
  EXPECT_EQ(seen(2)->outcome, wire::Outcome::kInFlight);
  EXPECT_EQ(seen(2)->death->kind, Death::Kind::kKilled);
  EXPECT_EQ(seen(2)->death->signal, SIGKILL);
  EXPECT_EQ(directory_.segment_count(), 0u);
}

TEST_F(RingReaderTest, ACrashIsNamedEvenWhenNobodyReapsTheProcess) {
  Producer producer(
      directory_, [](SegmentBuilder& builder) { builder.activate_slot(0, record(2)); },
      [] {
        ::signal(SIGSEGV, SIG_DFL);
        ::raise(SIGSEGV);
      });
  ASSERT_TRUE(poll_until([&] { return consumer_.gone.size() == 1; }));
  ASSERT_NE(seen(2), nullptr);
  EXPECT_EQ(seen(2)->death->signal, SIGSEGV);
}

TEST_F(RingReaderTest, AnExitIsNotASignal) {
  Producer producer(
      directory_, [](SegmentBuilder& builder) { builder.activate_slot(0, record(2)); },
      [] { ::_exit(3); });
  ASSERT_TRUE(poll_until([&] { return consumer_.gone.size() == 1; }));
  EXPECT_EQ(seen(2)->death->kind, Death::Kind::kExited);
}

TEST_F(RingReaderTest, AProcessThatBecomesAnotherProgramIsNotCalledDead) {
  Producer producer(
      directory_, [](SegmentBuilder& builder) { builder.activate_slot(0, record(2)); },
      [] { ::execl("/bin/sleep", "sleep", "60", nullptr); });
  ASSERT_TRUE(poll_until([&] { return consumer_.gone.size() == 1; }));
  EXPECT_EQ(seen(2)->death->kind, Death::Kind::kReplaced);
}

TEST_F(RingReaderTest, AParentsKnowledgeOfTheExitIsBelieved) {
  Producer producer(
      directory_, [](SegmentBuilder& builder) { builder.activate_slot(0, record(2)); },
      [] { ::_exit(0); });
  producer.reap();  // before the reader ever saw it: only the parent knows
  reader_.note_exit(static_cast<uint32_t>(producer.pid()), SIGABRT);
  ASSERT_TRUE(poll_until([&] { return consumer_.gone.size() == 1; }));
  EXPECT_EQ(seen(2)->death->signal, SIGABRT);
}

TEST_F(RingReaderTest, TheProducersOwnWordIsTheLastResort) {
  const auto die = [&](int fatal_signal) {
    Producer producer(
        directory_,
        [&](SegmentBuilder& builder) {
          builder.activate_slot(0, record(2));
          builder.header().fatal_signal = static_cast<uint32_t>(fatal_signal);
        },
        [] { ::_exit(0); });
    producer.reap();
    consumer_ = {};
    EXPECT_TRUE(poll_until([&] { return consumer_.gone.size() == 1; }));
    return seen(2)->death.value();
  };
  EXPECT_EQ(die(SIGABRT).signal, SIGABRT);
  EXPECT_EQ(die(0).kind, Death::Kind::kUnknown);
}

TEST_F(RingReaderTest, ASegmentHasOneReader) {
  SegmentBuilder builder(directory_);
  builder.append(record(1));
  RecordingConsumer other_consumer;
  {
    RingReader other(options());
    other.poll(other_consumer, 0);
    reader_.poll(consumer_, 0);
    EXPECT_EQ(other_consumer.records.size(), 1u);
    EXPECT_TRUE(consumer_.records.empty());
  }
  EXPECT_TRUE(poll_until([&] { return consumer_.records.size() == 1; }, 0));
}

TEST_F(RingReaderTest, WaitsForTheMagic) {
  SegmentBuilder::Options unpublished;
  unpublished.publish = false;
  SegmentBuilder builder(directory_, unpublished);
  builder.append(record(1));
  reader_.poll(consumer_, 0);
  EXPECT_TRUE(consumer_.processes.empty());
  builder.header().magic = wire::kSegmentMagic;
  EXPECT_TRUE(poll_until([&] { return consumer_.records.size() == 1; }, 0));
  EXPECT_EQ(reader_.statistics().rejected_segments, 0u);
}

TEST_F(RingReaderTest, RemovesAFileWhoseMakerDiedBeforeTheMagic) {
  RingReader::Options impatient = options();
  impatient.abandoned_after = milliseconds{1};
  reader_ = RingReader(impatient);
  SegmentBuilder::Options unpublished;
  unpublished.publish = false;
  SegmentBuilder builder(directory_, unpublished);
  for (int i = 0; i < 10; ++i) {
    reader_.look_now();
    reader_.poll(consumer_, 0);
    ::usleep(1000);
  }
  EXPECT_TRUE(builder.file_exists());
  builder.unmap();
  EXPECT_TRUE(poll_until([&] { return !builder.file_exists(); }));
}

TEST_F(RingReaderTest, LeavesAloneWhatIsNotASegmentFile) {
  const std::string user = directory_.user();
  SegmentBuilder real(directory_);
  real.append(record(1));
  ASSERT_EQ(::symlink(real.path().c_str(), (user + "/1-link.segment").c_str()), 0);
  ASSERT_EQ(::mkfifo((user + "/2-fifo.segment").c_str(), 0600), 0);
  ASSERT_EQ(::mkdir((user + "/3-directory.segment").c_str(), 0700), 0);
  SegmentBuilder::Options named;
  named.name = "4-twice.segment";
  SegmentBuilder twice(directory_, named);
  ASSERT_EQ(::link(twice.path().c_str(), (user + "/other-name").c_str()), 0);
  named.name = "5-writable.segment";
  SegmentBuilder writable(directory_, named);
  ASSERT_EQ(::chmod(writable.path().c_str(), 0666), 0);
  named.name = "6-nonsense.segment";
  SegmentBuilder nonsense(directory_, named);
  nonsense.header().magic = 77;
  named.name = "not-a-segment";
  SegmentBuilder other(directory_, named);
  for (int i = 0; i < 5; ++i) {
    reader_.look_now();
    reader_.poll(consumer_, 0);
  }
  EXPECT_EQ(consumer_.numbers(), (Numbers{1}));
  EXPECT_EQ(reader_.statistics().segments, 1u);
  EXPECT_EQ(reader_.statistics().rejected_segments, 6u);
}

TEST_F(RingReaderTest, LeavesAloneADirectoryThatOthersMayWriteTo) {
  SegmentBuilder builder(directory_);
  builder.append(record(1));
  ASSERT_EQ(::chmod(directory_.user().c_str(), 0777), 0);
  reader_.poll(consumer_, 0);
  EXPECT_TRUE(consumer_.records.empty());
  EXPECT_EQ(reader_.statistics().rejected_segments, 1u);
  ASSERT_EQ(::chmod(directory_.user().c_str(), 0700), 0);
  EXPECT_TRUE(poll_until([&] { return consumer_.records.size() == 1; }, 0));
}

TEST_F(RingReaderTest, LeavesAloneADirectoryThatIsALink) {
  ASSERT_EQ(::rename(directory_.user().c_str(), (directory_.base() + "/elsewhere").c_str()), 0);
  ASSERT_EQ(::symlink("elsewhere", directory_.user().c_str()), 0);
  SegmentBuilder builder(directory_);
  builder.append(record(1));
  reader_.poll(consumer_, 0);
  EXPECT_TRUE(consumer_.records.empty());
}

TEST_F(RingReaderTest, RootServesEveryUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  SegmentBuilder builder(directory_);
  builder.append(record(1));
  const std::string other = directory_.base() + "/seamtrace-12345";
  ASSERT_EQ(::rename(directory_.user().c_str(), other.c_str()), 0);
  ASSERT_EQ(::chown(other.c_str(), 12345, 12345), 0);
  for (const auto& name : {builder.path().substr(builder.path().rfind('/'))})
    ASSERT_EQ(::chown((other + name).c_str(), 12345, 12345), 0);
  ASSERT_TRUE(poll_until([&] { return consumer_.records.size() == 1; }, 0));
  EXPECT_EQ(consumer_.processes.begin()->second.uid, 12345u);
  ASSERT_EQ(::rename(other.c_str(), directory_.user().c_str()), 0);
}

TEST_F(RingReaderTest, PollsOftenWhileBusyAndSeldomWhenThereIsNothing) {
  for (int i = 0; i < 10; ++i) reader_.poll(consumer_, 0);
  EXPECT_EQ(reader_.next_poll(), milliseconds{100});
  SegmentBuilder builder(directory_);
  builder.append(record(1));
  ASSERT_TRUE(poll_until([&] { return consumer_.records.size() == 1; }, 0));
  EXPECT_LE(reader_.next_poll(), milliseconds{10});
  for (int i = 0; i < 10; ++i) reader_.poll(consumer_, 0);
  EXPECT_EQ(reader_.next_poll(), milliseconds{50});
}

}  // namespace
}  // namespace seamtrace::collector
