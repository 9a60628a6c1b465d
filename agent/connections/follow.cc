#include "agent/connections/follow.h"

#include "agent/connections/database_stream.h"
#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/platform.h"

namespace seamtrace::agent::connections {

using ring_writer::count;
using wire::Counter;

namespace {

constexpr uint32_t kCallsBetweenSamples = 1009;
/// A call does not take so long: the thread was interrupted, or its process was just beginning.
constexpr uint64_t kInterruptedNs = 100'000;

/// Threads begin spread over the round: the first call of each is the slowest, and many threads
/// live for a few calls only.
uint32_t first_countdown() {
  static std::atomic<uint32_t> threads{0};
  const uint32_t number = threads.fetch_add(1, std::memory_order_relaxed);
  return 1 + number * 0x9e37'79b9u % kCallsBetweenSamples;  // by the golden ratio
}

}  // namespace

OverheadSample::OverheadSample() {
  uint32_t& countdown = thread_state.overhead_countdown;
  if (countdown == 0) countdown = first_countdown();
  if (--countdown != 0) return;
  countdown = kCallsBetweenSamples;
  start_ns_ = monotonic_ns();
}

OverheadSample::~OverheadSample() {
  if (start_ns_ == 0) return;
  const uint64_t took_ns = monotonic_ns() - start_ns_;
  if (took_ns > kInterruptedNs) return;
  count(Counter::overhead_samples);
  count(Counter::overhead_nanoseconds, took_ns);
}

void stop_following(Connection& connection, Moment& moment) {
  if (connection.given_up) return;
  end_exchanges(connection, moment, wire::Outcome::kLost);
  if (connection.database != nullptr) note_session_ended(connection, moment);
  connection.given_up = true;
}

void give_up(Connection& connection, Moment& moment) {
  if (connection.given_up) return;
  count(connection.recognised ? Counter::bypass_parse_error : Counter::connections_ignored);
  stop_following(connection, moment);
}

void abandon_if_done(int fd, FdEntry entry) {
  Connection& connection = *connection_in(entry);
  {
    SpinLockHolder lock(connection.lock);
    if (!lock || !is_current(entry) || connection.leftover.left() != 0 ||
        connection.writer.load(std::memory_order_relaxed) != nullptr)
      return;
  }
  if (replace_entry_if(fd, entry, kNotTraced)) release(connection);
}

}  // namespace seamtrace::agent::connections
