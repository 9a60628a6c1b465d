// HttpFixture: requests and responses on connections of an AgentFixture, said in few words.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/testing/agent_fixture.h"
#include "agent/testing/segment_reader.h"

namespace seamtrace::agent::testing {

inline constexpr char kEmptyResponse[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// A kernel that takes everything.
inline long takes_all() { return 1 << 20; }

/// What the agent decided about a request under way.
struct Decision {
  codecs::TraceContext identity;
  codecs::TraceContext remote;
  ContextReference own;     ///< to the exchange itself
  ContextReference parent;  ///< clients: the request that caused it
};

class HttpFixture : public AgentFixture {
 protected:
  void SetUp() override {
    AgentFixture::SetUp();
    FakeKernel::wire = &wire_;
    FakeKernel::allowance = takes_all;
  }

  static Connection& connection(int fd) {
    return *connections::connection_in(connections::entry_of(fd));
  }
  static bool followed(int fd) { return connections::is_connection(connections::entry_of(fd)); }

  static Decision newest(int fd) {
    const Exchange* exchange = followed(fd) ? connection(fd).newest : nullptr;
    EXPECT_NE(exchange, nullptr) << "no request on " << fd;
    if (exchange == nullptr) return {};
    return {exchange->identity, exchange->remote, context::reference_to(*exchange),
            exchange->parent_reference};
  }

  /// A server reads a request without a body; `fields` are whole lines.
  static Decision serve(int fd, const std::string& fields = "", const std::string& target = "/in") {
    if (!followed(fd)) open_connection(fd, wire::Role::kServer);
    read_bytes(fd, "GET " + target + " HTTP/1.1\r\nHost: here\r\n" + fields + "\r\n");
    return newest(fd);
  }
  static void answer(int fd) { write_response(fd, kEmptyResponse); }

  /// A client sends a request without a body.
  static Decision call(int fd, const std::string& fields = "", const std::string& target = "/out") {
    if (!followed(fd)) open_connection(fd, wire::Role::kClient);
    send(fd, "GET " + target + " HTTP/1.1\r\nHost: there\r\n" + fields + "\r\n");
    return newest(fd);
  }
  static void response(int fd) { read_bytes(fd, kEmptyResponse); }

  static ssize_t send(int fd, const std::string& bytes) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    return FakeKernel::program_writes(fd, &piece, 1);
  }

  /// A read or (of a server) a write that gave -1 and `error`.
  static void fail_read(int fd, int error) {
    char room[8];
    const iovec piece{room, sizeof room};
    errno = error;
    connections::received(fd, connections::entry_of(fd), &piece, 1, -1, true);
  }
  static void fail_response(int fd, int error) {
    char bytes[] = "x";
    const iovec piece{bytes, 1};
    errno = error;
    connections::sent_by_server(fd, connections::entry_of(fd), &piece, 1, -1);
  }
  /// A read returned 0.
  static void end_of_stream(int fd) {
    char room[8];
    const iovec piece{room, sizeof room};
    connections::received(fd, connections::entry_of(fd), &piece, 1, 0, true);
  }

  /// What the collector finds now.
  std::vector<Record> records() const {
    if (!ring_writer::ensure_segment()) return {};
    return SegmentReader(directory()).records();
  }
  /// The only record; a failure when there are none or more.
  Record only_record() const {
    const std::vector<Record> all = records();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? Record{} : all[0];
  }

  static bool same_trace(const codecs::TraceContext& a, const codecs::TraceContext& b) {
    return a.valid && b.valid && memcmp(a.trace_id, b.trace_id, sizeof a.trace_id) == 0;
  }
  static bool is_child_of(const Decision& child, const Decision& parent) {
    return same_trace(child.identity, parent.identity) &&
           child.parent.exchange == parent.own.exchange &&
           child.parent.generation == parent.own.generation;
  }
  static bool is_root(const Decision& decision) {
    return decision.identity.valid && decision.parent.exchange == nullptr;
  }
  static bool is_current(const Decision& decision) {
    const ContextReference current = context::current();
    return current.exchange == decision.own.exchange &&
           current.generation == decision.own.generation;
  }
  static bool no_current() { return context::current().exchange == nullptr; }

  std::string wire_;
};

}  // namespace seamtrace::agent::testing
