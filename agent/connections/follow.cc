#include "agent/connections/follow.h"

#include "agent/connections/database_stream.h"
#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/platform.h"

namespace seamtrace::agent::connections {

using ring_writer::count;
using wire::Counter;

OverheadSample::OverheadSample() {
  constexpr uint32_t kCallsBetweenSamples = 1009;
  ThreadState& thread = thread_state;
  if (thread.overhead_countdown != 0) {
    --thread.overhead_countdown;
    return;
  }
  thread.overhead_countdown = kCallsBetweenSamples;
  start_ns_ = monotonic_ns();
}

OverheadSample::~OverheadSample() {
  if (start_ns_ == 0) return;
  count(Counter::overhead_samples);
  count(Counter::overhead_nanoseconds, monotonic_ns() - start_ns_);
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
