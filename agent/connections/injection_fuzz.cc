// The injection engine on any stream, against any kernel. The input drives what the program writes
// and how it cuts it, what the kernel takes, and what happens meanwhile on the connection.
// Bytes are told apart by where they lie: what the kernel is given from the program's buffer is the
// program's, all else is ours. So nothing is inferred from the text.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "agent/codecs/propagation/propagation.h"
#include "agent/connections/lifecycle.h"
#include "agent/connections/transfer.h"
#include "agent/context/context.h"
#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/process_state.h"
#include "agent/runtime/thread_state.h"
#include "agent/spans/exchange.h"

namespace seamtrace::agent {
namespace {

using connections::FdEntry;

constexpr int kClientFd = 700, kCopyFd = 701, kServerFd = 702;
constexpr size_t kTraceparentSize = 55;

// Unlike assert, in every build.
void require(bool condition) {
  if (!condition) abort();
}

/// The fuzzer's bytes as choices; 0 for ever when they are used up.
class Choices {
 public:
  Choices(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool empty() const { return at_ >= size_; }
  uint8_t byte() { return empty() ? uint8_t{0} : data_[at_++]; }
  size_t up_to(size_t most) { return byte() % (most + 1); }
  std::string text(size_t most) {
    const size_t n = std::min(most, size_ - std::min(at_, size_));
    std::string bytes(reinterpret_cast<const char*>(data_ + at_), n);
    at_ += n;
    return bytes;
  }

 private:
  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
};

uint32_t runs;
uint32_t server_requests;  // of this run: a context that is repeated too often is not continued

/// One of four contexts of this run.
std::string forwarded_context(size_t i) {
  std::array<char, kTraceparentSize + 1> text;
  snprintf(text.data(), text.size(), "00-0af7651916cd43dd%08x0000000%zu-b7ad6b7169203331-01", runs,
           i % 4);
  return text.data();
}

/// A stream of requests, or of anything else, built of what makes the engine think.
std::string make_stream(Choices& choices) {
  static constexpr std::array<std::string_view, 22> kPieces = {
      "GET / HTTP/1.1\r\n",
      "POST /p?q HTTP/1.1\r\n",
      "HEAD /h HTTP/1.0\r\n",
      "CONNECT a:1 HTTP/1.1\r\n",
      "\r\n",
      "\n",
      "\r",
      "Host: a\r\n",
      "Content-Length: 5\r\n",
      "hello",
      "Transfer-Encoding: chunked\r\n",
      "3;x=1\r\nabc\r\n",
      "0\r\n",
      "0\r\nT: 1\r\n\r\n",
      "baggage: a=b\r\n",
      " folded\r\n",
      "Expect: 100-continue\r\n",
      "Upgrade: websocket\r\nConnection: Upgrade\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "X-Long: ",
  };
  std::string stream;
  for (size_t left = 2 + choices.up_to(40); left > 0; --left) {
    const size_t choice = choices.byte();
    if (choice < 8 * kPieces.size())
      stream += kPieces[choice % kPieces.size()];
    else if (choice < 210)
      stream += "traceparent: " + forwarded_context(choice) + "\r\n";
    else if (choice < 220)
      stream += std::string(choices.byte() * size_t{60}, 'v') + "\r\n";
    else
      stream += choices.text(choice - 219);
  }
  for (size_t mutations = choices.up_to(255) / 64; mutations > 0 && !stream.empty(); --mutations)
    stream[(choices.byte() * size_t{257}) % stream.size()] = static_cast<char>(choices.byte());
  return stream;
}

Choices* choices;
std::string stream;      // all that the program wants to write
size_t offered;          // it offers no byte from here on in this call
size_t on_wire;          // bytes of the program that the kernel has taken
std::string our_text;    // of the text of ours that is going out now
size_t our_text_at;      // before which byte of the program's
bool our_text_replaces;  // the text stands for bytes of the program's
bool connection_ended;
bool closed_during_send;

/// The text of ours that has gone out is whole, and at a place where it may be.
void check_our_text() {
  if (our_text.empty()) return;
  if (closed_during_send) {
    our_text.clear();
    return;
  }
  if (our_text_replaces) {
    require(our_text.size() == kTraceparentSize);
    const std::string_view theirs = std::string_view(stream).substr(our_text_at, kTraceparentSize);
    require(our_text.substr(0, 36) == theirs.substr(0, 36));  // version, trace id
    require(codecs::parse_traceparent(our_text).valid);
  } else {
    require(our_text_at > 0 && stream[our_text_at - 1] == '\n');
    const std::string_view next = std::string_view(stream).substr(our_text_at, 2);
    require(next.substr(0, 1) == "\n" || next == "\r\n");
    std::string_view rest = our_text;
    while (!rest.empty()) {
      const size_t end = rest.find("\r\n");
      require(end != std::string_view::npos);
      const std::string_view line = rest.substr(0, end);
      require(line.find(": ") != std::string_view::npos && line.find(": ") > 0);
      for (const char c : line) require(static_cast<uint8_t>(c) >= 0x20);
      rest.remove_prefix(end + 2);
    }
  }
  our_text.clear();
}

void kernel_takes(const char* bytes, size_t size) {
  const bool of_program = bytes >= stream.data() && bytes < stream.data() + stream.size();
  if (of_program) {
    // In order, nothing twice, nothing left out, nothing that was not offered.
    require(bytes == stream.data() + on_wire && on_wire + size <= offered);
    check_our_text();
    on_wire += size;
    return;
  }
  for (size_t i = 0; i < size; ++i) {
    if (our_text.empty()) {
      our_text_at = on_wire;
      our_text_replaces = bytes[i] == '0';  // "00-..." and not a header's name
    }
    our_text += bytes[i];
    if (our_text_replaces) {
      require(++on_wire <= offered);
      if (our_text.size() == kTraceparentSize) check_our_text();
    }
  }
}

void show_response();

void close_during_send() {
  const Entry inside;
  connections::closing(kClientFd);
  connections::closing(kCopyFd);
  closed_during_send = true;
}

/// Also what other threads do to the connection while a send is under way.
ssize_t kernel_send(int, const msghdr* message, int) {
  require(thread_state.depth == 0);  // no system call of the program from within the agent
  size_t room = 0;
  const size_t choice = choices->byte();
  if (choice < 80)
    room = 1 << 20;
  else if (choice < 200)
    room = 1 + choice % 60;
  if (choice == 249) close_during_send();
  if (choice >= 250) show_response();
  if (room == 0) {
    const bool fatal = choice >= 246;
    connection_ended |= fatal;
    errno = fatal ? EPIPE : choice % 2 != 0 ? EINTR : EAGAIN;
    return -1;
  }
  size_t taken = 0;
  require(message->msg_iovlen <= 1024);
  for (size_t i = 0; i < message->msg_iovlen && room > 0; ++i) {
    const iovec& piece = message->msg_iov[i];
    const size_t n = std::min(piece.iov_len, room);
    if (n != 0) kernel_takes(static_cast<const char*>(piece.iov_base), n);
    taken += n;
    room -= n;
  }
  return static_cast<ssize_t>(taken);
}

/// A write as the hooks make it.
ssize_t program_writes(int fd, const iovec* pieces, size_t count, int flags) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces);
  message.msg_iovlen = count;
  const FdEntry entry = connections::entry_of(fd);
  if (!connections::is_connection(entry)) return kernel_send(fd, &message, flags);
  connections::Outgoing outgoing(fd, entry, pieces, count, flags);
  bool edited = false;
  {
    const Entry inside;
    edited = outgoing.prepare();
  }
  if (edited) return outgoing.send_edited(kernel_send, nullptr);
  const ssize_t result = kernel_send(fd, &message, flags);
  const Entry inside;
  outgoing.settle(result);
  return result;
}

/// One write call of the next bytes, in however many buffers.
void write_some(int fd) {
  const size_t shape = choices->byte();
  const size_t wanted = shape < 60 ? 1 << 20 : shape < 180 ? 1 + shape % 40 : 1 + shape * 8;
  const size_t size = std::min(wanted, stream.size() - on_wire);
  const size_t count = 1 + choices->up_to(19);
  std::array<iovec, 20> pieces;
  const size_t start = on_wire;
  size_t at = start;
  offered = start + size;
  for (size_t i = 0; i < count; ++i) {
    const size_t left = offered - at;
    const size_t n = i + 1 == count ? left : std::min<size_t>(left, choices->up_to(30));
    pieces[i] = {stream.data() + at, n};
    at += n;
  }
  constexpr int kZeroCopy = 0x4000000;
  const int flags = choices->byte() >= 250 ? kZeroCopy : 0;
  errno = ENOTTY;
  const ssize_t result = program_writes(fd, pieces.data(), count, flags);
  // What the program is told is what the kernel has.
  if (result < 0) {
    require(errno == EAGAIN || errno == EINTR || errno == EPIPE);
    require(on_wire == start);
  } else {
    require(static_cast<size_t>(result) <= size);
    require(on_wire == start + static_cast<size_t>(result));
    require(result > 0 || size == 0);
  }
}

void show_read(int fd, std::string bytes, ssize_t result) {
  const FdEntry entry = connections::entry_of(fd);
  if (!connections::is_connection(entry)) return;
  const iovec piece{bytes.data(), bytes.size()};
  const Entry inside;
  connections::received(fd, entry, &piece, 1, result, true);
}

void show_response() {
  static constexpr std::array<std::string_view, 8> kResponses = {
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      "HTTP/1.1 100 Continue\r\n\r\n",
      "HTTP/1.1 204 No Content\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
      "HTTP/1.1 200 OK\r\n",
      "\r\n",
      "nonsense\r\n",
  };
  const std::string bytes(kResponses[choices->up_to(kResponses.size() - 1)]);
  show_read(kClientFd, bytes, static_cast<ssize_t>(bytes.size()));
}

void show_server_request() {
  if (++server_requests > 50) return;
  const Entry inside;
  if (!connections::is_connection(connections::entry_of(kServerFd))) {
    Connection* connection = connections::create(wire::Role::kServer, true);
    require(connection != nullptr);
    connections::replace_entry(kServerFd, connections::entry_for(*connection));
  }
  const std::string bytes =
      "GET /in HTTP/1.1\r\ntraceparent: " + forwarded_context(choices->byte()) +
      "\r\ntracestate: a=b\r\nbaggage: k=v\r\n\r\n";
  const FdEntry entry = connections::entry_of(kServerFd);
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  connections::received(kServerFd, entry, &piece, 1, static_cast<ssize_t>(bytes.size()), true);
}

void open_client() {
  const Entry inside;
  Connection* connection = connections::create(wire::Role::kClient, true);
  require(connection != nullptr);
  connections::replace_entry(kClientFd, connections::entry_for(*connection));
  connection->opener = context::opener();
}

void close_all() {
  const Entry inside;
  for (const int fd : {kClientFd, kCopyFd, kServerFd}) connections::closing(fd);
}

/// Something else that happens between two writes.
void something_else() {
  switch (choices->up_to(7)) {
    case 0:
    case 1:
      show_response();
      break;
    case 2:
      show_server_request();
      break;
    case 3: {
      const Entry inside;
      context::iteration_started();
      break;
    }
    case 4: {
      const Entry inside;
      connections::duplicated(kClientFd, kCopyFd);
      break;
    }
    case 5:
    case 6: {
      const Entry inside;
      connections::closing(choices->byte() % 2 != 0 ? kCopyFd : kServerFd);
      break;
    }
    default:
      if (choices->byte() < 20) show_read(kClientFd, "", 0);  // the peer has closed its half
      break;
  }
}

void start_once() {
  static const bool started = [] {
    char pattern[] = "/tmp/seamtrace-fuzz-XXXXXX";
    const std::string directory = mkdtemp(pattern);
    setenv("SEAMTRACE_DIR", directory.c_str(), 1);
    setenv("TRACEPARENT", "", 1);
    require(read_settings() && connections::open_table() && connections::open_pools() &&
            spans::open_pools() && open_alive_marker());
    process_state.activity.store(Activity::kOn);
    require(ring_writer::ensure_segment());
    std::filesystem::remove_all(directory);  // the mapping stays
    return true;
  }();
  require(started);
}

}  // namespace
}  // namespace seamtrace::agent

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace seamtrace::agent;
  start_once();
  Choices all(data, size);
  choices = &all;
  thread_state.current = {};
  thread_state.event_loop = false;
  thread_state.ambiguous = false;
  ++runs, server_requests = 0;
  const uint8_t options = all.byte();
  settings.propagators = (options & 1) != 0 ? 0xffu : codecs::kTraceContext | codecs::kBaggage;
  settings.propagation_only = (options & 6) == 6;
  settings.forwards_targets = (options & 8) != 0;
  stream = make_stream(all);
  on_wire = 0;
  our_text.clear();
  connection_ended = false;
  closed_during_send = false;
  if ((options & 16) != 0) show_server_request();
  open_client();
  // Once the choices are used up, the kernel takes whatever it is given.
  size_t idle = 0;
  while (on_wire < stream.size() && idle < 1000) {
    const size_t before = on_wire;
    if (all.byte() >= 160) something_else();
    const bool through_copy =
        all.byte() >= 200 && connections::entry_of(kCopyFd) == connections::entry_of(kClientFd);
    write_some(through_copy ? kCopyFd : kClientFd);
    idle = on_wire == before && all.empty() ? idle + 1 : 0;
  }
  require(on_wire == stream.size());
  if (!connection_ended) check_our_text();
  close_all();
  return 0;
}
