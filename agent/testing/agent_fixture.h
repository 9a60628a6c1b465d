// AgentFixture: the agent's stages in a test process, without preloading.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "agent/connections/fd_table.h"
#include "agent/connections/lifecycle.h"
#include "agent/connections/transfer.h"
#include "agent/context/context.h"
#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/process_state.h"
#include "agent/runtime/thread_state.h"
#include "agent/spans/exchange.h"

namespace seamtrace::agent::testing {

class AgentFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/seamtrace-agent-test-XXXXXX";
    directory_ = mkdtemp(pattern);
    setenv("SEAMTRACE_DIR", directory_.c_str(), 1);
    setenv("TRACEPARENT", "", 1);  // whoever runs the tests may have one
    ASSERT_TRUE(read_settings());
    ASSERT_TRUE(connections::open_table());
    ASSERT_TRUE(connections::open_pools());
    ASSERT_TRUE(spans::open_pools());
    ASSERT_TRUE(open_alive_marker());
    process_state.activity.store(Activity::kOn);
    process_state.has_served.store(false);
    process_state.environment_parent_uses.store(0);
    thread_state = {};
    ring_writer::forget_segment();
  }
  void TearDown() override {
    for (uint32_t fd = 0; fd < connections::fds_used(); ++fd)
      connections::closing(static_cast<int>(fd));
    ring_writer::forget_segment();
    std::filesystem::remove_all(directory_);
  }

  /// A connection under a number that no real fd has in this process.
  static connections::FdEntry open_connection(int fd, wire::Role role) {
    Connection* connection = connections::create(role, true);
    connections::replace_entry(fd, connections::entry_for(*connection));
    if (role == wire::Role::kClient) connection->opener = context::opener();
    return connections::entry_of(fd);
  }

  static void read_bytes(int fd, const std::string& bytes) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    const connections::FdEntry entry = connections::entry_of(fd);
    if (connections::is_connection(entry))
      connections::received(fd, entry, &piece, 1, static_cast<ssize_t>(bytes.size()), true);
  }

  /// A server's write that the kernel takes whole.
  static void write_response(int fd, const std::string& bytes) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    const connections::FdEntry entry = connections::entry_of(fd);
    if (connections::is_connection(entry))
      connections::sent_by_server(fd, entry, &piece, 1, static_cast<ssize_t>(bytes.size()));
  }

  /// The base directory of this test's segment.
  const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
};

/// A kernel that takes as much of a send as the test lets it, and keeps what it took.
struct FakeKernel {
  static inline std::string* wire = nullptr;
  /// Bytes that the next send may take at most; < 0: EAGAIN; called once a send.
  static inline long (*allowance)() = nullptr;

  static ssize_t send(int, const msghdr* message, int) {
    long left = allowance();
    if (left < 0) {
      errno = EAGAIN;
      return -1;
    }
    ssize_t taken = 0;
    for (size_t i = 0; i < message->msg_iovlen && left > 0; ++i) {
      const iovec& piece = message->msg_iov[i];
      const size_t n = std::min<size_t>(piece.iov_len, static_cast<size_t>(left));
      wire->append(static_cast<const char*>(piece.iov_base), n);
      taken += static_cast<ssize_t>(n);
      left -= static_cast<long>(n);
    }
    return taken;
  }

  /// A write as the hooks make it.
  static ssize_t program_writes(int fd, const iovec* pieces, size_t count) {
    const connections::FdEntry entry = connections::entry_of(fd);
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces);
    message.msg_iovlen = count;
    if (!connections::is_connection(entry)) return send(fd, &message, 0);
    connections::Outgoing outgoing(fd, entry, pieces, count, 0);
    bool edited = false;
    {
      const Entry inside;
      edited = outgoing.prepare();
    }
    if (edited) return outgoing.send_edited(send, nullptr);
    const ssize_t result = send(fd, &message, 0);
    const Entry inside;
    outgoing.settle(result);
    return result;
  }
};

}  // namespace seamtrace::agent::testing
