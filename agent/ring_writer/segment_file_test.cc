// The segment's file: what it says about the process, and where there can be none.
#include "agent/ring_writer/segment_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "agent/runtime/platform.h"
#include "agent/testing/http_fixture.h"

namespace seamtrace::agent {
namespace {

using testing::SegmentReader;
using wire::Counter;
using wire::ProcessInfoKind;

std::string content_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class SegmentFileTest : public testing::HttpFixture {
 protected:
  void TearDown() override {
    if (!mounted_.empty()) umount2(mounted_.c_str(), MNT_DETACH);
    HttpFixture::TearDown();
  }
  std::string user_directory() const {
    return directory() + "/" + wire::kUserDirectoryPrefix + std::to_string(geteuid());
  }
  static void set_base(const std::string& base) {
    ASSERT_LT(base.size(), sizeof settings.base_directory);
    strcpy(settings.base_directory, base.c_str());
  }
  /// No segment, no signal, one counter; and requests pass on their context all the same.
  void expect_impossible() {
    EXPECT_FALSE(ring_writer::ensure_segment());
    EXPECT_FALSE(ring_writer::ensure_segment());
    EXPECT_GE(ring_writer::counter_value(Counter::bypass_no_segment), 1u);
    const testing::Decision request = serve(701);
    EXPECT_TRUE(is_child_of(call(710), request));
    EXPECT_NE(wire_.find("traceparent: 00-"), std::string::npos);
    response(710);
    answer(701);
  }
  bool mount_tmpfs(const std::string& path, unsigned long flags, const char* options) {
    if (mount("seamtrace-test", path.c_str(), "tmpfs", flags, options) != 0) return false;
    mounted_ = path;
    return true;
  }

 private:
  std::string mounted_;
};

TEST_F(SegmentFileTest, TheFileIsItsUsersAlone) {
  ASSERT_TRUE(ring_writer::ensure_segment());
  struct stat status {};
  ASSERT_EQ(stat(user_directory().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
  const std::vector<std::string> found = SegmentReader::find(directory());
  ASSERT_EQ(found.size(), 1u);
  ASSERT_EQ(stat(found[0].c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_EQ(static_cast<uint64_t>(status.st_size), wire::kSegmentBytes);
  EXPECT_LT(status.st_blocks * 512, 2 << 20) << "sparse: only what was used occupies memory";
}

TEST_F(SegmentFileTest, TheHeaderNamesTheProcess) {
  ASSERT_TRUE(ring_writer::ensure_segment());
  const SegmentReader segment(directory());
  struct Header {
    uint64_t magic;
    uint32_t version, header_bytes;
    uint64_t segment_bytes;
    uint32_t pid, uid;
    uint64_t pid_namespace, start_ticks, monotonic_ns, realtime_ns;
    uint32_t chunk_count, chunk_bytes, slot_count, slot_bytes, record_version;
  };
  const auto header = segment.read_at<Header>(0);
  EXPECT_EQ(header.magic, wire::kSegmentMagic);
  EXPECT_EQ(header.version, wire::kSegmentVersion);
  EXPECT_EQ(header.segment_bytes, wire::kSegmentBytes);
  EXPECT_EQ(header.pid, static_cast<uint32_t>(getpid()));
  EXPECT_EQ(header.uid, geteuid());
  struct stat status {};
  ASSERT_EQ(stat("/proc/self/ns/pid", &status), 0);
  EXPECT_EQ(header.pid_namespace, status.st_ino);
  // The name of this program has neither spaces nor parentheses.
  std::ifstream file("/proc/self/stat");
  std::string field;
  for (int i = 0; i < 22; ++i) file >> field;
  EXPECT_EQ(std::to_string(header.start_ticks), field);
  EXPECT_LE(header.monotonic_ns, monotonic_ns());
  EXPECT_LE(header.realtime_ns, realtime_ns() + 1'000'000'000);
  EXPECT_EQ(header.chunk_count, wire::kChunkCount);
  EXPECT_EQ(header.slot_bytes, wire::kInFlightSlotBytes);
  EXPECT_EQ(header.record_version, wire::kRecordVersion);
}

TEST_F(SegmentFileTest, TheProcessInfoIsWhatTheKernelSays) {
  setenv("OTEL_SERVICE_NAME", "tested", 1);
  setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret", 1);
  setenv("SECRET_PASSWORD", "secret", 1);
  ASSERT_TRUE(read_settings());
  ASSERT_TRUE(ring_writer::ensure_segment());
  for (const char* name : {"OTEL_SERVICE_NAME", "OTEL_EXPORTER_OTLP_HEADERS", "SECRET_PASSWORD"})
    unsetenv(name);
  std::string executable, command_line, host, cgroup, environment;
  for (const auto& [kind, text] : SegmentReader(directory()).process_info()) {
    if (kind == ProcessInfoKind::kExecutablePath) executable = text;
    if (kind == ProcessInfoKind::kCommandLine) command_line = text;
    if (kind == ProcessInfoKind::kHostName) host = text;
    if (kind == ProcessInfoKind::kCgroup) cgroup = text;
    if (kind == ProcessInfoKind::kEnvironment) environment += text + "\n";
  }
  EXPECT_EQ(executable, std::filesystem::read_symlink("/proc/self/exe"));
  EXPECT_EQ(command_line, content_of("/proc/self/cmdline"));
  EXPECT_EQ(cgroup, content_of("/proc/self/cgroup"));
  char name[256] = {};
  ASSERT_EQ(gethostname(name, sizeof name - 1), 0);
  EXPECT_EQ(host, name);
  EXPECT_NE(environment.find("OTEL_SERVICE_NAME=tested\n"), std::string::npos);
  EXPECT_EQ(environment.find("secret"), std::string::npos);
}

TEST_F(SegmentFileTest, AnEnvironmentThatIsTooLargeIsCutToWholeEntries) {
  for (int i = 0; i < 40; ++i)
    setenv(("OTEL_TEST_" + std::to_string(i)).c_str(), std::string(1000, 'v').c_str(), 1);
  ASSERT_TRUE(read_settings());
  ASSERT_TRUE(ring_writer::ensure_segment());
  for (int i = 0; i < 40; ++i) unsetenv(("OTEL_TEST_" + std::to_string(i)).c_str());
  int entries = 0;
  for (const auto& [kind, text] : SegmentReader(directory()).process_info())
    if (kind == ProcessInfoKind::kEnvironment && text.starts_with("OTEL_TEST_")) {
      ++entries;
      EXPECT_EQ(text.substr(text.find('=') + 1), std::string(1000, 'v'));
    }
  EXPECT_GT(entries, 4);
  EXPECT_LT(entries, 40);
}

TEST_F(SegmentFileTest, WithoutItsBaseThereIsNoSegment) {
  set_base(directory() + "/not/there");
  expect_impossible();
}

TEST_F(SegmentFileTest, WhereNothingCanBeMadeThereIsNoSegment) {
  set_base("/proc");
  expect_impossible();
}

TEST_F(SegmentFileTest, ADirectoryThatIsALinkIsNotTrusted) {
  ASSERT_EQ(mkdir((directory() + "/real").c_str(), 0700), 0);
  ASSERT_EQ(symlink((directory() + "/real").c_str(), user_directory().c_str()), 0);
  expect_impossible();
  EXPECT_TRUE(SegmentReader::find(directory()).empty());
}

TEST_F(SegmentFileTest, ADirectoryThatOthersMayWriteIsNotTrusted) {
  ASSERT_EQ(mkdir(user_directory().c_str(), 0700), 0);
  ASSERT_EQ(chmod(user_directory().c_str(), 0720), 0);
  expect_impossible();
  EXPECT_TRUE(SegmentReader::find(directory()).empty());
}

TEST_F(SegmentFileTest, AFileInPlaceOfTheDirectoryIsNoSegment) {
  std::ofstream(user_directory()) << "x";
  expect_impossible();
}

TEST_F(SegmentFileTest, ADirectoryOfAnotherUserIsNotTrusted) {
  if (geteuid() != 0) GTEST_SKIP() << "NOT TESTED: only root can give a directory away";
  ASSERT_EQ(mkdir(user_directory().c_str(), 0700), 0);
  ASSERT_EQ(chown(user_directory().c_str(), 12345, 12345), 0);
  expect_impossible();
  EXPECT_TRUE(SegmentReader::find(directory()).empty());
}

TEST_F(SegmentFileTest, AReadOnlyFileSystemHasNoSegment) {
  if (!mount_tmpfs(directory(), MS_RDONLY, ""))
    GTEST_SKIP() << "NOT TESTED: this process may not mount a read-only file system";
  expect_impossible();
}

TEST_F(SegmentFileTest, ATinyFileSystemHasNoSegmentAndRaisesNoSignal) {
  if (!mount_tmpfs(directory(), 0, "size=64k"))
    GTEST_SKIP() << "NOT TESTED: this process may not mount a tiny file system";
  expect_impossible();
  EXPECT_TRUE(SegmentReader::find(directory()).empty()) << "a useless file was left behind";
}

TEST_F(SegmentFileTest, AFileSystemThatFillsUpLosesSpansAndRaisesNoSignal) {
  if (!mount_tmpfs(directory(), 0, "size=512k"))
    GTEST_SKIP() << "NOT TESTED: this process may not mount a small file system";
  ASSERT_TRUE(ring_writer::ensure_segment());
  for (int i = 0; i < 5000; ++i) {
    serve(701);
    answer(701);
  }
  EXPECT_GE(ring_writer::counter_value(Counter::lost_no_memory), 1u);
  const uint64_t written = ring_writer::counter_value(Counter::records_written);
  EXPECT_GT(written, 0u);
  EXPECT_EQ(written + ring_writer::counter_value(Counter::lost_ring_full), 5000u);
  EXPECT_EQ(records().size(), written);
}

TEST_F(SegmentFileTest, BeyondTheLimitOfFileSizesThereIsNoSegmentAndNoSignal) {
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  rlimit tight = old;
  tight.rlim_cur = 1 << 20;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  expect_impossible();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
}

TEST_F(SegmentFileTest, NoFdIsKept) {
  const auto open_fds = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = open_fds();
  ASSERT_TRUE(ring_writer::ensure_segment());
  EXPECT_EQ(open_fds(), before);
}

}  // namespace
}  // namespace seamtrace::agent
