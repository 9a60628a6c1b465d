// What another thread does to a connection while a send of this one is in the kernel. The fake
// kernel plays the other thread: the agent holds no lock there.
// A connection that is given up in that moment must still keep account of the text of ours: what
// has gone out is not sent again, what has begun is completed, and what has not begun never begins.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "agent/testing/http_fixture.h"

namespace seamtrace::agent {
namespace {

using testing::FakeKernel;

constexpr char kHead[] = "GET /ws HTTP/1.1\r\nHost: a\r\n";
constexpr char kUpgraded[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n";

std::vector<long> allowances;  // of the coming sends; then everything is taken
size_t sends;
const char* read_during_first_send;

void show(int fd, const std::string& bytes) {
  const connections::FdEntry entry = connections::entry_of(fd);
  if (!connections::is_connection(entry)) return;
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  connections::received(fd, entry, &piece, 1, static_cast<ssize_t>(bytes.size()), true);
}

long scripted_allowance() {
  if (sends == 0 && read_during_first_send != nullptr) show(700, read_during_first_send);
  return sends < allowances.size() ? allowances[sends++] : 1 << 20;
}

class InjectionRacesTest : public testing::HttpFixture {
 protected:
  void SetUp() override {
    HttpFixture::SetUp();
    FakeKernel::allowance = scripted_allowance;
    sends = 0;
    open_connection(700, wire::Role::kClient);
  }
  void write_all(const std::string& bytes) {
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t result = send(700, bytes.substr(done));
      if (result > 0) done += static_cast<size_t>(result);
    }
  }
  /// The wire without the one line of ours that may be in it, which must be whole.
  std::string without_line() const {
    const size_t begin = wire_.find("traceparent: ");
    if (begin == std::string::npos) return wire_;
    constexpr size_t kLineSize = 70;
    EXPECT_EQ(wire_.substr(begin + kLineSize - 2, 2), "\r\n") << wire_;
    return wire_.substr(0, begin) + wire_.substr(begin + kLineSize);
  }
};

TEST_F(InjectionRacesTest, AnUpgradeReadDuringTheSendDoesNotSendOurLineTwice) {
  read_during_first_send = kUpgraded;
  allowances = {1 << 20};
  write_all(std::string(kHead) + "\r\n");
  write_all("frame");
  EXPECT_EQ(without_line(), std::string(kHead) + "\r\nframe") << wire_;
}

TEST_F(InjectionRacesTest, AnUpgradeReadDuringARefusedSendDoesNotMoveOurLine) {
  read_during_first_send = kUpgraded;
  allowances = {-1};
  write_all(std::string(kHead) + "\r\n");
  EXPECT_EQ(wire_, std::string(kHead) + "\r\n");
}

TEST_F(InjectionRacesTest, AnUpgradeReadDuringAPartialSendDoesNotMoveOurLine) {
  read_during_first_send = kUpgraded;
  allowances = {5};
  write_all(std::string(kHead) + "\r\n");
  EXPECT_EQ(wire_, std::string(kHead) + "\r\n");
}

TEST_F(InjectionRacesTest, NonsenseReadDuringASendThatCutsOurLineStillLetsItEnd) {
  read_during_first_send = "this is not HTTP\r\n\r\n";
  allowances = {static_cast<long>(sizeof kHead) - 1 + 10};
  write_all(std::string(kHead) + "\r\n");
  EXPECT_EQ(without_line(), std::string(kHead) + "\r\n") << wire_;
  EXPECT_NE(without_line(), wire_);
}

TEST_F(InjectionRacesTest, AResponseReadDuringASendThatCutsOurLineLeavesTheConnectionFollowed) {
  read_during_first_send = testing::kEmptyResponse;
  allowances = {static_cast<long>(sizeof kHead) - 1 + 10, -1};
  write_all(std::string(kHead) + "\r\n");
  EXPECT_EQ(without_line(), std::string(kHead) + "\r\n") << wire_;
  EXPECT_TRUE(followed(700));
  wire_.clear();
  write_all(std::string(kHead) + "\r\n");
  EXPECT_NE(without_line(), wire_);
}

TEST_F(InjectionRacesTest, OfTwoWritersAtOnceNeitherLosesOrRepeatsAByte) {
  read_during_first_send = nullptr;
  allowances = {};
  static std::string second;
  second = "GET /2 HTTP/1.1\r\n\r\n";
  FakeKernel::allowance = []() -> long {
    FakeKernel::allowance = scripted_allowance;
    std::thread([] { EXPECT_EQ(send(700, second), static_cast<ssize_t>(second.size())); }).join();
    return 1 << 20;
  };
  write_all(std::string(kHead) + "\r\n");
  write_all(second);
  EXPECT_EQ(without_line(), second + kHead + "\r\n" + second) << wire_;
  EXPECT_FALSE(followed(700)) << "nobody can say in which order two writers' bytes go out";
}

TEST_F(InjectionRacesTest, AConnectionClosedDuringASendGetsNothingMore) {
  read_during_first_send = nullptr;
  allowances = {10};
  FakeKernel::allowance = [] {
    connections::closing(700);
    return scripted_allowance();
  };
  const std::string request = std::string(kHead) + "\r\n";
  EXPECT_EQ(send(700, request), 10);
  EXPECT_EQ(wire_, request.substr(0, 10));
}

}  // namespace
}  // namespace seamtrace::agent
