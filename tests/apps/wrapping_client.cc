// wrapping_client: an executable that exports send, write and connect itself and finds the next
// ones with dlsym(RTLD_NEXT), as programs with their own instrumentation do.
//   --port N  --count N
#include <dlfcn.h>

#include "tests/apps/blocking_http.h"
#include "tests/apps/options.h"

namespace {
int calls = 0;

template <typename Function>
Function next(const char* name) {
  ++calls;
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}
}  // namespace

extern "C" __attribute__((visibility("default"))) ssize_t write(int fd, const void* data,
                                                                size_t size) {
  return next<ssize_t (*)(int, const void*, size_t)>("write")(fd, data, size);
}
extern "C" __attribute__((visibility("default"))) ssize_t send(int fd, const void* data,
                                                               size_t size, int flags) {
  return next<ssize_t (*)(int, const void*, size_t, int)>("send")(fd, data, size, flags);
}
extern "C" __attribute__((visibility("default"))) int connect(int fd, const sockaddr* address,
                                                              socklen_t length) {
  return next<int (*)(int, const sockaddr*, socklen_t)>("connect")(fd, address, length);
}

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  int answered = 0;
  for (int i = 0; i < options.number("count", 1); ++i)
    if (apps::get(options.number("port", 0), "/wrapped") != "unreachable") ++answered;
  std::printf("answered %d with %d wrapped calls\n", answered, calls);
}
