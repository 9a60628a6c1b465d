#include "tests/apps/carriers.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

// What a program compiled with _FORTIFY_SOURCE calls.
extern "C" ssize_t __read_chk(int, void*, size_t, size_t);
extern "C" ssize_t __recv_chk(int, void*, size_t, size_t, int);
extern "C" ssize_t __recvfrom_chk(int, void*, size_t, size_t, int, sockaddr*, socklen_t*);

namespace apps {
namespace {

constexpr int kUntouched = 4095;

struct Carrier {
  std::string name;
  size_t part;

  explicit Carrier(const std::string& text) : name(text), part(SIZE_MAX) {
    const size_t slash = text.find('/');
    if (slash == std::string::npos) return;
    name.resize(slash);
    part = std::strtoul(text.c_str() + slash + 1, nullptr, 10);
  }
};

std::vector<iovec> parts_of(const char* bytes, size_t size, size_t part) {
  std::vector<iovec> parts;
  for (size_t at = 0; at < size && parts.size() < 1024; at += parts.back().iov_len)
    parts.push_back({const_cast<char*>(bytes) + at, std::min(part, size - at)});
  return parts;
}

// At most eight messages, each of two parts when it is long enough.
struct Messages {
  std::vector<iovec> parts;
  std::vector<mmsghdr> headers;

  Messages(const char* bytes, size_t size, size_t part) {
    parts = parts_of(bytes, size, part);
    if (parts.size() > 8) parts.resize(8);
    headers.resize(parts.size());
    for (size_t i = 0; i < parts.size(); ++i) {
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
  }
  ssize_t sum(int count) const {
    if (count < 0) return -1;
    ssize_t total = 0;
    for (int i = 0; i < count; ++i) total += headers[static_cast<size_t>(i)].msg_len;
    return total;
  }
};

ssize_t send_file(int fd, std::string_view bytes) {
  const int file = memfd_create("body", MFD_CLOEXEC);
  if (write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
  off_t offset = 0;
  errno = kUntouched;
  const ssize_t n = sendfile(fd, file, &offset, bytes.size());
  const int error = errno;
  if (n >= 0 && offset != n) std::printf("sendfile moved the offset to %ld\n", long{offset});
  close(file);
  errno = error;
  return n;
}

ssize_t splice_in(int fd, std::string_view bytes) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  const size_t size = std::min<size_t>(bytes.size(), 32768);
  if (write(ends[1], bytes.data(), size) != static_cast<ssize_t>(size)) std::abort();
  errno = kUntouched;
  const ssize_t n = splice(ends[0], nullptr, fd, nullptr, size, 0);
  const int error = errno;
  close(ends[0]);
  close(ends[1]);
  errno = error;
  return n;
}

[[noreturn]] void unknown(const std::string& carrier) {
  std::printf("unknown carrier %s\n", carrier.c_str());
  std::exit(2);
}

void check_errno(const std::string& carrier, ssize_t result) {
  if (result >= 0 && errno != kUntouched)
    std::printf("%s succeeded and set errno to %d\n", carrier.c_str(), errno);
}

ssize_t send_once(const Carrier& carrier, int fd, std::string_view bytes) {
  const std::string& name = carrier.name;
  if (name == "write") return write(fd, bytes.data(), std::min(bytes.size(), carrier.part));
  if (name == "send") return send(fd, bytes.data(), std::min(bytes.size(), carrier.part), 0);
  if (name == "sendto")
    return sendto(fd, bytes.data(), std::min(bytes.size(), carrier.part), 0, nullptr, 0);
  if (name == "sendfile") return send_file(fd, bytes);
  if (name == "splice") return splice_in(fd, bytes);
  std::vector<iovec> parts = parts_of(bytes.data(), bytes.size(), carrier.part);
  if (name == "writev") return writev(fd, parts.data(), static_cast<int>(parts.size()));
  if (name == "sendmsg") {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    return sendmsg(fd, &message, MSG_NOSIGNAL);
  }
  if (name == "sendmmsg") {
    Messages messages(bytes.data(), bytes.size(), carrier.part);
    const auto count = static_cast<unsigned>(messages.headers.size());
    return messages.sum(sendmmsg(fd, messages.headers.data(), count, MSG_NOSIGNAL));
  }
  unknown(name);
}

ssize_t receive_once(const Carrier& carrier, int fd, char* data, size_t size) {
  const std::string& name = carrier.name;
  if (name == "read") return read(fd, data, size);
  if (name == "recv") return recv(fd, data, size, 0);
  if (name == "recvfrom") return recvfrom(fd, data, size, 0, nullptr, nullptr);
  if (name == "read_chk") return __read_chk(fd, data, size, size);
  if (name == "recv_chk") return __recv_chk(fd, data, size, size, 0);
  if (name == "recvfrom_chk") return __recvfrom_chk(fd, data, size, size, 0, nullptr, nullptr);
  std::vector<iovec> parts = parts_of(data, size, carrier.part);
  if (name == "readv") return readv(fd, parts.data(), static_cast<int>(parts.size()));
  if (name == "recvmsg") {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    return recvmsg(fd, &message, 0);
  }
  if (name == "recvmmsg") {
    // A short message would leave a hole, so only the first may be received at a time.
    Messages messages(data, size, carrier.part);
    return messages.sum(recvmmsg(fd, messages.headers.data(), 1, MSG_WAITFORONE, nullptr));
  }
  unknown(name);
}

}  // namespace

ssize_t send_by(const std::string& carrier, int fd, std::string_view bytes) {
  errno = kUntouched;
  const ssize_t result = send_once(Carrier(carrier), fd, bytes);
  check_errno(carrier, result);
  return result;
}

ssize_t receive_by(const std::string& carrier, int fd, std::string& buffer) {
  errno = kUntouched;
  const ssize_t result = receive_once(Carrier(carrier), fd, buffer.data(), buffer.size());
  check_errno(carrier, result);
  return result;
}

int pass_over_unix_socket(int fd) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) std::abort();
  char byte = 'x';
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  if (sendmsg(ends[0], &message, 0) != 1) std::abort();
  message.msg_controllen = sizeof control;
  if (recvmsg(ends[1], &message, 0) != 1) std::abort();
  int received = -1;
  std::memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
  close(ends[0]);
  close(ends[1]);
  return received;
}

}  // namespace apps
