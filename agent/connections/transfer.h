// Transfer: bytes pass through a connection.
// Path:    hooks -> [connections] -> http1_stream
// Threads: any; takes the connection's lock for parsing, never across a system call.
// Failure: what cannot be followed is given up and counted; bytes always pass.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>

#include "agent/connections/fd_table.h"
#include "agent/connections/http1_stream.h"

namespace seamtrace::agent::connections {

/// Whether an errno of a transfer ends the connection, as opposed to "try again".
bool is_fatal(int error);

/// Looks at a connection's first bytes, once: a data store's, or to be tried as HTTP/1. False:
/// neither is traced. Under the lock.
bool examine_first(Connection& connection, const iovec* buffers, size_t count, size_t size,
                   bool from_client);

/// A read has returned `result` bytes into the buffers (0: end of the stream; < 0: failed with
/// errno). `wanted_any`: the buffers had room at all.
void received(int fd, FdEntry entry, const iovec* buffers, size_t buffer_count, ssize_t result,
              bool wanted_any);
/// `result` bytes were read, but nobody has seen them (splice, MSG_TRUNC).
void received_opaque(int fd, FdEntry entry, ssize_t result);
/// A write that nobody saw (sendfile, splice) has returned.
void sent_opaque(int fd, FdEntry entry, ssize_t result);
/// A signal handler that interrupted the agent reads or writes: no answer can be told to its
/// request any more, so the connection is given up as soon as that may be done. Takes no lock.
void note_unseen(FdEntry entry);
/// shutdown(SHUT_WR or SHUT_RDWR) was called.
void shut_down_writing(int fd, FdEntry entry);
/// A server's write has returned `result`. `begin_ns`: when it was begun, if that is to count as
/// the moment of the response, else 0.
void sent_by_server(int fd, FdEntry entry, const iovec* buffers, size_t buffer_count,
                    ssize_t result, uint64_t begin_ns = 0);

/// A write on a connection, before and after the system call.
///
///   Outgoing write(fd, entry, iov, count, flags);
///   ssize_t result = write.prepare() ? write.send_edited(sendmsg, original)
///                                    : write.settle(original call);
class Outgoing {
 public:
  /// Borrows everything for the duration of the call. `flags` as for send().
  Outgoing(int fd, FdEntry entry, const iovec* buffers, size_t buffer_count, int flags);
  ~Outgoing();
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;

  /// Parses what a client is about to send. True: bytes must be added, use send_edited();
  /// false: make the call as it is, then settle() its result.
  bool prepare();

  FdEntry entry() const { return entry_; }

  /// The connection has already been shown the bytes, and must hear of a failure.
  bool parsed() const { return parsed_; }

  /// The original call has returned `result`.
  void settle(ssize_t result);

  using SendMessage = ssize_t (*)(int, const msghdr*, int);
  /// Sends the program's bytes with ours among them. Returns what the program's own call would
  /// have: a count of the program's bytes, or -1 and errno. `original`: control data to go along.
  ssize_t send_edited(SendMessage send_message, const msghdr* original);

  /// Takes a leftover over for a call whose bytes nobody sees. False: there is none, or it stands
  /// for bytes of the program's.
  bool prepare_flush();
  /// Sends text of ours that an earlier call had begun to send. False: a send
  /// failed with errno, and the text waits for the next call.
  bool flush_leftover(SendMessage send_message);

 private:
  static constexpr size_t kMostPieces = 8;

  /// Parses the next message from `done_` on. Under the lock.
  void plan(Connection& connection);
  /// The kernel has accepted the program's bytes only up to `taken`. Under the lock.
  void roll_back(Connection& connection, size_t taken, bool edit_begun);
  /// Sends the planned bytes with their edit; returns how many bytes of the wire's stream the
  /// kernel took.
  size_t send_planned(SendMessage send_message, const msghdr* original);
  /// Pieces of the wire's stream (program's bytes with the edit among them) from `wire` on.
  size_t gather(size_t wire, iovec* pieces, size_t* bytes) const;
  /// The program's bytes accepted when the kernel took `wire` bytes of the planned stream.
  size_t program_offset(size_t wire) const;
  /// Tells the connection what went out, and keeps what is left of our text.
  void account(size_t wire);
  void plan_next();
  void take_leftover(Connection& connection);
  void retake_leftover();
  /// Puts what is left of the leftover back, and shows the codec the program's bytes that it stood
  /// for.
  void put_back_leftover();
  /// Shows the connection the program's bytes in [from, to), with nothing to be added.
  void feed(Connection& connection, size_t from, size_t to);
  /// Bytes of the wire's stream in this plan.
  size_t wire_total() const { return planned_ - done_ + edit_.text.size - edit_.replaces; }
  void observe_failure(Connection& connection);
  /// A data store's: fed before the write, unchanged.
  Fed prepare_database(Connection& connection, Moment& moment);
  void settle_database(Connection& connection, ssize_t result, int error, Moment& moment);

  int fd_;
  FdEntry entry_;
  const iovec* buffers_;
  size_t buffer_count_;
  int flags_;
  uint64_t begin_ns_ = 0;  ///< see sent_by_server
  size_t total_ = 0;       ///< bytes of the program
  size_t done_ = 0;        ///< of these, accepted by the kernel
  size_t fed_ = 0;         ///< of these, behind the connection's checkpoint: parsed and gone out
  size_t planned_ = 0;     ///< up to here parsed
  Edit edit_;
  AddedText leftover_;   ///< taken over from an earlier call
  bool parsed_ = false;  ///< the connection's checkpoint belongs to this call
  bool failed_ = false;  ///< the last system call returned -1
  /// The codec of a data store was shown bytes before that the kernel had not taken. Kept, since
  /// the session may be gone when the write returns.
  bool ahead_ = false;
};

}  // namespace seamtrace::agent::connections
