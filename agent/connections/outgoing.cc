// Outgoing: the injection engine. The program's stream and the wire's stream differ by known
// inserts; one gathered send carries both, and results are mapped back to the program's counts.
#include <errno.h>
#include <string.h>

#include "agent/connections/database_stream.h"
#include "agent/connections/follow.h"
#include "agent/connections/transfer.h"
#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/platform.h"
#include "agent/spans/exchange.h"

namespace seamtrace::agent::connections {

namespace {

#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

constexpr int kNoInjectionFlags = MSG_OOB | MSG_ZEROCOPY | MSG_FASTOPEN;

/// A line begun in an earlier write: the carry will be used for other lines, so it is copied.
void save_carry(const codecs::Carry& carry, SendCheckpoint& saved) {
  saved.carry_size = carry.size;
  saved.carry_truncated = carry.truncated;
  if (carry.size == 0) return;
  if (saved.carry_copy == nullptr) saved.carry_copy = take_text_block();
  if (saved.carry_copy != nullptr) memcpy(saved.carry_copy->text, carry.bytes, carry.size);
}

/// False: the beginning of the line is lost.
bool restore_carry(Direction& direction, SendCheckpoint& saved) {
  direction.carry.size = saved.carry_size;
  direction.carry.truncated = saved.carry_truncated;
  if (saved.carry_size == 0) return true;
  if (saved.carry_copy == nullptr) return false;
  if (direction.carry_block == nullptr) {  // the line was completed, and its block given back
    direction.carry_block = take_text_block();
    if (direction.carry_block == nullptr) return false;
    direction.carry.bytes = direction.carry_block->text;
    direction.carry.capacity = TextBlock::kCapacity;
  }
  memcpy(direction.carry.bytes, saved.carry_copy->text, saved.carry_size);
  return true;
}

void reset_edit(Edit& edit) {
  clear_text(edit.text);
  edit.wanted = false;
  edit.offset = 0;
  edit.replaces = 0;
  edit.has_traceparent = false;
}

void save(Connection& connection) {
  SendCheckpoint& saved = connection.checkpoint;
  saved.codec = connection.request.codec;
  save_carry(connection.request.carry, saved);
  saved.newest = {};
  saved.receiving = connection.receiving;
  saved.opener = connection.opener;
  Exchange* newest = connection.newest;
  if (newest != nullptr) {
    saved.newest = {newest, newest->generation.load(std::memory_order_relaxed)};
    saved.head_done = newest->head_done;
    saved.body_bytes = newest->request_body_bytes;
    if (const wire::ExchangeRecord* record = spans::record_of(*newest)) {
      saved.slice_bytes = record->slice_bytes;
      saved.slice_count = record->slice_count;
      saved.record_flags = record->flags;
    }
  }
  if (connection.request.codec.in_head()) saved.context_headers = connection.context_headers;
}

/// Makes the record as if nothing had been added to it since `saved`.
void restore_record(Exchange& exchange, uint32_t slice_bytes, uint16_t slice_count,
                    uint16_t flags) {
  wire::ExchangeRecord* record = spans::record_of(exchange);
  if (record == nullptr) return;
  record->slice_bytes = slice_bytes;
  record->slice_count = slice_count;
  record->flags = flags;
}

}  // namespace

Outgoing::Outgoing(int fd, FdEntry entry, const iovec* buffers, size_t buffer_count, int flags)
    : fd_(fd), entry_(entry), buffers_(buffers), buffer_count_(buffer_count), flags_(flags) {
  for (size_t i = 0; i < buffer_count; ++i) total_ += buffers[i].iov_len;
}

bool Outgoing::prepare() {
  const Connection& connection = *connection_in(entry_);
  if (total_ == 0) return false;
  if (connection.role == wire::Role::kServer) {
    // A short response goes into an empty socket at once, also in several writes, and its reader
    // may run before this thread returns: the span ends when its last write begins. Longer ones end
    // when that returns.
    constexpr size_t kShort = 64 * 1024;
    const Exchange* answered = connection.oldest;
    if (answered != nullptr && total_ <= kShort && answered->response_body_bytes <= kShort - total_)
      begin_ns_ = monotonic_ns();
    return false;
  }
  bool edited = false;
  follow(
      fd_, entry_,
      [&](Connection& c, Moment& moment) {
        const ThreadState* writer = c.writer.load(std::memory_order_relaxed);
        if (writer != nullptr && writer != &thread_state) {
          // Two threads write at once: nobody can say in which order their bytes go out.
          give_up(c, moment);
          return Fed::kAll;
        }
        if (c.leftover.left() != 0) {
          edited = true;  // our text goes first; parsing comes after it
          take_leftover(c);
        } else if (!c.given_up) {
          if (!examine_first(c, buffers_, buffer_count_, total_, true)) return Fed::kNotFollowed;
          if (c.database != nullptr) return prepare_database(c, moment);
          plan(c);
          edited = edit_.wanted || planned_ < total_;
        }
        return Fed::kAll;
      },
      Unless::kReplaced);
  return edited;
}

Fed Outgoing::prepare_database(Connection& connection, Moment& moment) {
  parsed_ = true;
  ahead_ = connection.database->ahead != 0;
  connection.writer.store(&thread_state, std::memory_order_relaxed);
  return feed_write(connection, buffers_, buffer_count_, total_, moment);
}

void Outgoing::settle_database(Connection& connection, ssize_t result, int error, Moment& moment) {
  if (result >= 0 || !is_fatal(error)) {
    note_taken(connection, buffers_, buffer_count_, total_,
               result > 0 ? static_cast<size_t>(result) : 0);
    return;
  }
  connection.last_error = error;
  connection_failed(connection, error, moment);
}

bool Outgoing::prepare_flush() {
  bool taken = false;
  follow(
      fd_, entry_,
      [&](Connection& connection, Moment&) {
        if (connection.leftover.left() == 0 || connection.leftover.replaces != 0) return Fed::kAll;
        take_leftover(connection);
        connection.writer.store(nullptr, std::memory_order_relaxed);
        taken = true;
        return Fed::kAll;
      },
      Unless::kReplaced);
  return taken;
}

void Outgoing::take_leftover(Connection& connection) {
  leftover_ = connection.leftover;
  connection.leftover.block = nullptr;
  clear_text(connection.leftover);
  connection.writer.store(&thread_state, std::memory_order_relaxed);
}

Outgoing::~Outgoing() {
  clear_text(edit_.text);
  clear_text(leftover_);
}

void Outgoing::plan(Connection& connection) {
  save(connection);
  parsed_ = true;
  connection.writer.store(&thread_state, std::memory_order_relaxed);
  reset_edit(edit_);
  edit_.begin = done_;
  planned_ = done_;
  // A sandboxed program may not be allowed the sendmsg that an edited write needs.
  const bool in_sandbox = sandboxed.load(std::memory_order_relaxed);
  const bool may_inject = (flags_ & kNoInjectionFlags) == 0 && !in_sandbox;
  if (in_sandbox && connection.request.codec.between_messages())
    ring_writer::count(wire::Counter::bypass_sandboxed);
  else if (!may_inject && connection.request.codec.between_messages())
    ring_writer::count(wire::Counter::inject_skipped_zerocopy);
  Moment moment;
  size_t offset = 0;
  for (size_t i = 0; i < buffer_count_; ++i) {
    const size_t end = offset + buffers_[i].iov_len;
    if (end > fed_) {
      const size_t from = offset > fed_ ? offset : fed_;
      const FeedResult result =
          feed_request(connection, static_cast<const char*>(buffers_[i].iov_base) + (from - offset),
                       end - from, moment, may_inject ? &edit_ : nullptr, from);
      if (result.fed == Fed::kNotFollowed) {
        give_up(connection, moment);
        planned_ = total_;
        break;
      }
      planned_ = from + result.consumed;
      if (result.fed == Fed::kStopped) break;
      // One message at a time, also where it ends with a buffer.
      if (may_inject && connection.request.codec.between_messages()) break;
    }
    offset = end;
  }
  if (planned_ <= done_) planned_ = planned_ == fed_ ? total_ : done_;
}

void Outgoing::observe_failure(Connection& connection) {
  const int error = errno;
  Moment moment;
  if (!is_fatal(error)) {
    roll_back(connection, done_, false);
    return;
  }
  connection.last_error = error;
  end_exchanges(connection, moment, wire::Outcome::kNoResponse);
}

void Outgoing::settle(ssize_t result) {
  Connection& connection = *connection_in(entry_);
  if (connection.role == wire::Role::kServer) {
    sent_by_server(fd_, entry_, buffers_, buffer_count_, result, begin_ns_);
    return;
  }
  if (!parsed_) return;
  if (result == static_cast<ssize_t>(total_) && is_current(entry_) && !connection.given_up &&
      !ahead_) {
    connection.writer.store(nullptr, std::memory_order_release);
    return;
  }
  const int error = errno;
  follow(
      fd_, entry_,
      [&](Connection& c, Moment& moment) {
        c.writer.store(nullptr, std::memory_order_relaxed);
        if (c.given_up) return Fed::kAll;
        if (c.database != nullptr) {
          settle_database(c, result, error, moment);
          return Fed::kAll;
        }
        if (result == static_cast<ssize_t>(total_)) return Fed::kAll;
        if (result < 0)
          observe_failure(c);
        else
          roll_back(c, static_cast<size_t>(result), false);
        return Fed::kAll;
      },
      Unless::kReplaced);
}

void Outgoing::roll_back(Connection& connection, size_t taken, bool edit_begun) {
  SendCheckpoint& saved = connection.checkpoint;
  Moment moment;
  if (!restore_carry(connection.request, saved)) {
    give_up(connection, moment);
    return;
  }
  connection.request.codec = saved.codec;
  if (saved.codec.in_head()) connection.context_headers = saved.context_headers;
  const auto is_saved = [&](const Exchange* exchange) {
    return exchange == nullptr ? saved.newest.exchange == nullptr
                               : exchange == saved.newest.exchange &&
                                     exchange->generation.load(std::memory_order_relaxed) ==
                                         saved.newest.generation;
  };
  const bool saved_is_gone =
      saved.newest.exchange != nullptr &&
      saved.newest.exchange->generation.load(std::memory_order_relaxed) != saved.newest.generation;
  if (edit_begun) {
    Exchange* newest = connection.newest;
    if (newest == nullptr) return;
    newest->context_fixed = true;  // its identity is on the wire, and its record is complete
    newest->request_body_bytes = is_saved(newest) ? saved.body_bytes : 0;
    if (!is_saved(newest)) connection.resumed = newest;
  } else {
    while (connection.newest != nullptr && !is_saved(connection.newest) && !saved_is_gone)
      withdraw(connection, connection.newest);
    connection.opener = saved.opener;
    if (connection.newest != nullptr && is_saved(connection.newest)) {
      connection.newest->head_done = saved.head_done;
      connection.newest->request_body_bytes = saved.body_bytes;
      restore_record(*connection.newest, saved.slice_bytes, saved.slice_count, saved.record_flags);
    }
  }
  if (!saved_is_gone) connection.receiving = saved.receiving;
  feed(connection, fed_, taken);
}

void Outgoing::feed(Connection& connection, size_t from, size_t to) {
  Moment moment;
  size_t offset = 0;
  for (size_t i = 0; i < buffer_count_ && offset < to; ++i) {
    const size_t end = offset + buffers_[i].iov_len;
    const size_t begin = offset > from ? offset : from;
    const size_t until = end < to ? end : to;
    if (begin < until &&
        feed_request(connection, static_cast<const char*>(buffers_[i].iov_base) + (begin - offset),
                     until - begin, moment, nullptr, 0)
                .fed == Fed::kNotFollowed) {
      give_up(connection, moment);
      return;
    }
    offset = end;
  }
}

size_t Outgoing::gather(size_t wire, iovec* pieces, size_t* bytes) const {
  // The wire's stream of this plan: program[done_, cut), text, program[cut + replaced, planned_).
  const size_t cut = edit_.wanted ? edit_.offset : planned_;
  const size_t text_begin = cut - done_;
  const size_t text_end = text_begin + edit_.text.size;
  size_t count = 0;
  *bytes = 0;
  const auto add = [&](const char* from, size_t size) {
    if (size == 0 || count == kMostPieces) return false;
    pieces[count++] = {const_cast<char*>(from), size};
    *bytes += size;
    return true;
  };
  const auto add_program = [&](size_t from, size_t to) {
    size_t offset = 0;
    for (size_t i = 0; i < buffer_count_ && offset < to; ++i) {
      const size_t end = offset + buffers_[i].iov_len;
      const size_t begin = offset > from ? offset : from;
      const size_t until = end < to ? end : to;
      if (begin < until &&
          !add(static_cast<const char*>(buffers_[i].iov_base) + (begin - offset), until - begin))
        return false;
      offset = end;
    }
    return true;
  };
  if (wire < text_begin && !add_program(done_ + wire, cut)) return count;
  if (wire < text_end && edit_.text.size != 0) {
    const size_t skipped = wire > text_begin ? wire - text_begin : 0;
    if (!add(edit_.text.bytes() + skipped, edit_.text.size - skipped)) return count;
  }
  const size_t after = wire > text_end ? wire - text_end : 0;
  add_program(cut + edit_.replaces + after, planned_);
  return count;
}

size_t Outgoing::send_planned(SendMessage send_message, const msghdr* original) {
  const size_t all = wire_total();
  size_t wire = 0;
  while (wire < all) {
    iovec pieces[kMostPieces];
    msghdr message{};
    size_t bytes = 0;
    message.msg_iov = pieces;
    message.msg_iovlen = gather(wire, pieces, &bytes);
    if (wire == 0 && done_ == 0 && original != nullptr) {
      message.msg_name = original->msg_name;
      message.msg_namelen = original->msg_namelen;
      message.msg_control = original->msg_control;
      message.msg_controllen = original->msg_controllen;
    }
    const ssize_t result = send_message(fd_, &message, flags_);
    failed_ = result < 0;
    if (failed_) break;
    wire += static_cast<size_t>(result);
    if (static_cast<size_t>(result) < bytes) break;
  }
  return wire;
}

size_t Outgoing::program_offset(size_t wire) const {
  const size_t before_text = edit_.wanted ? edit_.offset - done_ : planned_ - done_;
  if (wire <= before_text) return done_ + wire;
  if (edit_.replaces != 0) return done_ + wire;  // as long as what it replaces
  if (wire <= before_text + edit_.text.size) return edit_.offset;
  return done_ + wire - edit_.text.size;
}

void Outgoing::account(size_t wire) {
  const Entry entry;
  if (!entry) return;
  follow(
      fd_, entry_,
      [&](Connection& connection, Moment&) {
        connection.writer.store(nullptr, std::memory_order_relaxed);
        const size_t before_text = edit_.wanted ? edit_.offset - done_ : planned_ - done_;
        const bool text_begun = edit_.wanted && wire > before_text;
        if (text_begun && wire < before_text + edit_.text.size) {
          edit_.text.sent = static_cast<uint32_t>(wire - before_text);
          connection.leftover = edit_.text;  // the block goes along
          edit_.text.block = nullptr;
        } else if (text_begun) {
          ring_writer::count(wire::Counter::contexts_injected);
        }
        if (connection.given_up) return Fed::kAll;
        if (wire == 0 && failed_)
          observe_failure(connection);
        else if (wire != wire_total())
          roll_back(connection, program_offset(wire), text_begun);
        return Fed::kAll;
      },
      Unless::kReplaced);
}

bool Outgoing::flush_leftover(SendMessage send_message) {
  while (leftover_.left() != 0) {
    // Text that stands for bytes of the program's goes out as these are written.
    size_t size = leftover_.left();
    if (leftover_.replaces != 0 && size > total_ - done_) size = total_ - done_;
    if (size == 0) break;
    iovec piece{const_cast<char*>(leftover_.bytes()) + leftover_.sent, size};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    const ssize_t result = send_message(fd_, &message, flags_ & ~kNoInjectionFlags);
    failed_ = result < 0;
    if (result <= 0) break;
    if (leftover_.replaces != 0) done_ += static_cast<size_t>(result);
    leftover_.sent += static_cast<uint32_t>(result);
  }
  if (leftover_.left() == 0) {
    if (leftover_.size != 0) ring_writer::count(wire::Counter::contexts_injected);
    clear_text(leftover_);
    return true;
  }
  put_back_leftover();
  return !failed_ && leftover_.replaces != 0;
}

void Outgoing::put_back_leftover() {
  const Entry entry;
  if (!entry) return;
  follow(
      fd_, entry_,
      [&](Connection& connection, Moment&) {
        connection.writer.store(nullptr, std::memory_order_relaxed);
        connection.leftover = leftover_;
        leftover_.block = nullptr;
        if (!connection.given_up) feed(connection, fed_, done_);
        fed_ = done_;
        return Fed::kAll;
      },
      Unless::kReplaced);
}

void Outgoing::retake_leftover() {
  const Entry entry;
  if (!entry) return;
  follow(
      fd_, entry_,
      [&](Connection& connection, Moment&) {
        if (connection.leftover.left() != 0) take_leftover(connection);
        return Fed::kAll;
      },
      Unless::kReplaced);
}

void Outgoing::plan_next() {
  planned_ = total_;
  reset_edit(edit_);
  const Entry entry;
  if (!entry) return;
  follow(fd_, entry_, [&](Connection& connection, Moment&) {
    plan(connection);
    return Fed::kAll;
  });
}

ssize_t Outgoing::send_edited(SendMessage send_message, const msghdr* original) {
  const int errno_before = errno;
  for (;;) {
    if (!parsed_) {
      if (!flush_leftover(send_message) || (done_ == total_ && fed_ == done_)) break;
      plan_next();
    }
    const size_t wire = send_planned(send_message, original);
    const bool complete = wire == wire_total();
    account(wire);
    done_ = program_offset(wire);
    fed_ = done_;
    parsed_ = false;
    if (complete && done_ < total_) continue;
    if (done_ != 0 || failed_ || wire == 0) break;
    // Only bytes of ours went out: the program must not see that as its own progress.
    retake_leftover();
  }
  if (done_ == 0) return -1;
  errno = errno_before;  // a send that succeeds leaves it alone
  return static_cast<ssize_t>(done_);
}

}  // namespace seamtrace::agent::connections
