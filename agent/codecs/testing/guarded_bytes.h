// GuardedBytes: what a test of a codec gives it lies directly before an unreadable page.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <string_view>

namespace seamtrace::agent::codecs {

/// Bytes whose end is the end of readable memory: one byte too far, and the test crashes.
class GuardedBytes {
 public:
  explicit GuardedBytes(size_t capacity) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    readable_ = (capacity / page + 1) * page;
    mapped_ = readable_ + page;
    void* const at =
        mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    begin_ = static_cast<char*>(at);
    if (mprotect(begin_ + readable_, page, PROT_NONE) != 0) throw std::bad_alloc();
  }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  ~GuardedBytes() { munmap(begin_, mapped_); }

  char* last(size_t size) { return begin_ + readable_ - size; }
  const char* hold(std::string_view bytes) {
    if (!bytes.empty()) memcpy(last(bytes.size()), bytes.data(), bytes.size());
    return last(bytes.size());
  }

 private:
  char* begin_;
  size_t readable_;
  size_t mapped_;
};

}  // namespace seamtrace::agent::codecs
