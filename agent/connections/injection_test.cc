// The injection engine against a kernel that takes as little as it likes.
#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "agent/testing/agent_fixture.h"

namespace seamtrace::agent {
namespace {

using testing::AgentFixture;
using testing::FakeKernel;

std::mt19937 random_numbers;
long most_per_send = 1 << 20;
int refusals_in_ten = 0;

unsigned pick(unsigned least, unsigned most) {
  return std::uniform_int_distribution<unsigned>(least, most)(random_numbers);
}

long random_allowance() {
  if (static_cast<int>(pick(0, 9)) < refusals_in_ten) return -1;
  return static_cast<long>(pick(1, static_cast<unsigned>(most_per_send)));
}

struct Request {
  std::string bytes;
  size_t head_end;  ///< offset of the empty line
  bool own_context;
};

Request random_request() {
  Request request{};
  static const char* const kMethods[] = {"GET", "POST", "PUT", "DELETE", "PATCH", "FROBNICATE"};
  const char* end = pick(0, 9) == 0 ? "\n" : "\r\n";
  std::string& bytes = request.bytes;
  bytes = std::string(kMethods[pick(0, 5)]) + " /path/" + std::to_string(pick(0, 1u << 30)) +
          " HTTP/1.1" + end + "Host: example" + end;
  for (unsigned i = pick(0, 6); i > 0; --i)
    bytes += "X-Field-" + std::to_string(i) + ": " + std::string(pick(0, 90), 'v') + end;
  request.own_context = pick(0, 7) == 0;
  if (request.own_context)
    bytes +=
        std::string("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") + end;
  std::string body;
  switch (pick(0, 2)) {
    case 0:
      break;
    case 1: {
      body = std::string(pick(0, 300), 'b');
      bytes += "Content-Length: " + std::to_string(body.size()) + end;
      break;
    }
    default: {
      bytes += std::string("Transfer-Encoding: chunked") + end;
      char size[16];
      const unsigned n = pick(1, 200);
      snprintf(size, sizeof size, "%x", n);
      body = std::string(size) + ";ext=1\r\n" + std::string(n, 'c') + "\r\n0\r\nTrailer: x\r\n\r\n";
      break;
    }
  }
  request.head_end = bytes.size();
  bytes += end + body;
  return request;
}

std::string without_ids(const std::string& wire) {
  static const std::regex kLine("traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]\r\n");
  static const std::regex kOwn("traceparent: 00-0af7651916cd43dd8448eb211c80319c");
  std::string marked = std::regex_replace(wire, kOwn, "<OWN>");
  marked = std::regex_replace(marked, kLine, "<CONTEXT>");
  return std::regex_replace(marked, std::regex("<OWN>"),
                            "traceparent: 00-0af7651916cd43dd8448eb211c80319c");
}

class InjectionTest : public AgentFixture {
 protected:
  void SetUp() override {
    AgentFixture::SetUp();
    FakeKernel::wire = &wire_;
    FakeKernel::allowance = random_allowance;
    most_per_send = 1 << 20;
    refusals_in_ten = 0;
  }

  /// Writes the stream as a program would: in random pieces, coming back for what was not taken.
  void write_all(int fd, const std::string& stream, unsigned largest_write) {
    size_t done = 0;
    while (done < stream.size()) {
      const size_t size = std::min<size_t>(stream.size() - done, pick(1, largest_write));
      write_ends_.insert(done + size);
      iovec pieces[24];
      const size_t count = pick(1, most_pieces_);
      size_t offset = done;
      for (size_t i = 0; i < count; ++i) {
        const size_t left = done + size - offset;
        const size_t n = i + 1 == count ? left : std::min<size_t>(left, pick(0, 40));
        pieces[i] = {const_cast<char*>(stream.data()) + offset, n};
        offset += n;
      }
      const ssize_t result = FakeKernel::program_writes(fd, pieces, count);
      if (result < 0) {
        ASSERT_EQ(errno, EAGAIN);
        continue;
      }
      ASSERT_GT(result, 0);
      ASSERT_LE(static_cast<size_t>(result), size);
      done += static_cast<size_t>(result);
    }
  }

  /// Checks the wire against the requests, request by request: each has our line before its empty
  /// line, unless it has a context of its own, or the program cut the empty line itself in two
  /// (then no place was left).
  void check_wire(const std::vector<Request>& requests) {
    const std::string wire = without_ids(wire_);
    size_t at = 0, program = 0;
    const auto expect = [&](const std::string& bytes) {
      ASSERT_EQ(wire.substr(at, bytes.size()), bytes);
      at += bytes.size();
    };
    for (const Request& request : requests) {
      ASSERT_NO_FATAL_FAILURE(expect(request.bytes.substr(0, request.head_end)));
      const bool injected = wire.compare(at, kMark.size(), kMark) == 0;
      const bool cut = request.bytes[request.head_end] == '\r' &&
                       write_ends_.count(program + request.head_end + 1) != 0;
      if (request.own_context) {
        ASSERT_FALSE(injected);
      } else if (!cut) {
        ASSERT_TRUE(injected);
      }
      injected_ += injected;
      if (injected) at += kMark.size();
      ASSERT_NO_FATAL_FAILURE(expect(request.bytes.substr(request.head_end)));
      program += request.bytes.size();
    }
    ASSERT_EQ(at, wire.size());
  }

  const std::string kMark = "<CONTEXT>";
  unsigned most_pieces_ = 24;
  std::string wire_;
  std::set<size_t> write_ends_;
  int injected_ = 0;
};

TEST_F(InjectionTest, AddsTraceparentBeforeTheEmptyLine) {
  open_connection(700, wire::Role::kClient);
  write_all(700, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1000);
  EXPECT_EQ(without_ids(wire_), "GET / HTTP/1.1\r\nHost: a\r\n<CONTEXT>\r\n");
}

TEST_F(InjectionTest, LeavesForeignProtocolsAlone) {
  open_connection(700, wire::Role::kClient);
  const std::string stream = "SSH-2.0-OpenSSH\r\n";
  write_all(700, stream, 5);
  EXPECT_EQ(wire_, stream);
  EXPECT_FALSE(connections::is_connection(connections::entry_of(700)));
}

TEST_F(InjectionTest, KeepsTheProgramsOwnContext) {
  open_connection(700, wire::Role::kClient);
  const std::string stream =
      "GET / HTTP/1.1\r\ntraceparent: "
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n";
  write_all(700, stream, 1000);
  EXPECT_EQ(wire_, stream);
}

TEST_F(InjectionTest, NeverInjectsAfterAnUpgrade) {
  open_connection(700, wire::Role::kClient);
  const std::string upgrade =
      "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  write_all(700, upgrade, 1000);
  read_bytes(700, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
  wire_.clear();
  const std::string after = "GET / HTTP/1.1\r\nHost: inner\r\n\r\n";
  write_all(700, after, 1000);
  EXPECT_EQ(wire_, after);
}

TEST_F(InjectionTest, EveryByteArrivesUnchangedAndInOrderHoweverTheKernelCutsSends) {
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(seed);
    random_numbers.seed(seed);
    most_per_send = static_cast<long>(pick(1, 60));
    refusals_in_ten = static_cast<int>(pick(0, 5));
    wire_.clear();
    open_connection(700, wire::Role::kClient);
    std::vector<Request> requests(pick(1, 5));
    std::string stream;
    for (Request& request : requests) {
      request = random_request();
      stream += request.bytes;
    }
    const unsigned largest_write = pick(0, 1) == 0 ? 30 : 2000;
    write_all(700, stream, largest_write);
    ASSERT_NO_FATAL_FAILURE(check_wire(requests));
    write_ends_.clear();
    connections::closing(700);
  }
  EXPECT_GT(injected_, 5000);
}

TEST_F(InjectionTest, ASlowKernelDoesNotMakeSecondSpansOfARequest) {
  for (unsigned seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(seed);
    random_numbers.seed(seed);
    most_per_send = static_cast<long>(pick(1, 60));
    refusals_in_ten = 3;
    wire_.clear();
    const uint64_t before = ring_writer::counter_value(wire::Counter::records_written);
    open_connection(700, wire::Role::kClient);
    for (int i = 0; i < 3; ++i) {
      write_all(700, random_request().bytes, 50);
      read_bytes(700, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
    connections::closing(700);
    ASSERT_EQ(ring_writer::counter_value(wire::Counter::records_written) - before, 3u);
    most_per_send = 1 << 20;
  }
}

TEST_F(InjectionTest, AProxysForwardedParentIdBecomesItsOwnHoweverTheKernelCutsSends) {
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE(seed);
    random_numbers.seed(seed);
    most_per_send = static_cast<long>(pick(1, 60));
    refusals_in_ten = static_cast<int>(pick(0, 5));
    wire_.clear();
    char trace_id[33];
    snprintf(trace_id, sizeof trace_id, "%032x", seed);
    const std::string context = std::string("00-") + trace_id + "-b7ad6b7169203331-01";
    const std::regex own(std::string("00-") + trace_id + "-([0-9a-f]{16})-01");
    context::iteration_started();
    open_connection(701, wire::Role::kServer);
    read_bytes(
        701, "POST /in HTTP/1.1\r\ntraceparent: " + context + "\r\nContent-Length: 4\r\n\r\nbody");
    open_connection(700, wire::Role::kClient);
    const std::string stream = "POST /out HTTP/1.1\r\nHost: up\r\ntraceparent: " + context +
                               "\r\nX-Last: 1\r\nContent-Length: 4\r\n\r\nbody";
    most_pieces_ = 2;
    write_all(700, stream, 5000);
    std::smatch match;
    ASSERT_TRUE(std::regex_search(wire_, match, own)) << wire_;
    std::string expected = stream;
    expected.replace(expected.find("b7ad6b7169203331"), 16, match[1].str());
    ASSERT_EQ(wire_, expected);
    if (wire_.find("b7ad6b7169203331") == std::string::npos) ++injected_;
    connections::closing(700);
    connections::closing(701);
  }
  // A line whose beginning has gone out already cannot be changed any more: then it is kept.
  EXPECT_GT(injected_, 100);
  EXPECT_LT(injected_, 1000);
}

}  // namespace
}  // namespace seamtrace::agent
