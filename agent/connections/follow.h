// follow(): the frame around everything that happens on a connection.
// Threads: takes the lock, checks that the fd still means the connection, gives up what cannot be
//          followed any longer.
#pragma once

#include "agent/connections/fd_table.h"
#include "agent/connections/http1_stream.h"
#include "agent/ring_writer/segment_writer.h"

namespace seamtrace::agent::connections {

/// Samples the agent's own time into the overhead counters, one call in many.
class OverheadSample {
 public:
  OverheadSample();
  ~OverheadSample();
  OverheadSample(const OverheadSample&) = delete;
  OverheadSample& operator=(const OverheadSample&) = delete;

 private:
  uint64_t start_ns_ = 0;
};

/// Stops following: ends its exchanges as lost. Under the lock.
void stop_following(Connection& connection, Moment& moment);
/// The same, for what was not understood, which is counted.
void give_up(Connection& connection, Moment& moment);

/// Takes the connection out of the table when nothing is left to do for it. Not under the lock.
void abandon_if_done(int fd, FdEntry entry);

enum class Unless { kGivenUp, kReplaced };

/// f(connection, moment) -> Fed, under the lock, unless the fd means another connection by now, or
/// (kGivenUp) the connection is no longer followed.
template <typename F>
void follow(int fd, FdEntry entry, F f, Unless unless = Unless::kGivenUp) {
  const OverheadSample sample;
  Connection& connection = *connection_in(entry);
  bool given_up = false;
  {
    SpinLockHolder lock(connection.lock);
    if (!lock) {
      replace_entry_if(fd, entry, kNotTraced);
      ring_writer::count(wire::Counter::bypass_lock_busy);
      return;
    }
    if (!is_current(entry)) return;
    Moment moment;
    if (connection.unseen.load(std::memory_order_relaxed)) stop_following(connection, moment);
    if (!connection.given_up || unless == Unless::kReplaced) {
      if (f(connection, moment) == Fed::kNotFollowed) give_up(connection, moment);
    }
    given_up = connection.given_up;
  }
  if (given_up) abandon_if_done(fd, entry);
}

}  // namespace seamtrace::agent::connections
