// signal_sender: sends requests from a signal handler that interrupts malloc while its lock is
// held. Its own malloc makes that certain, and ends the program when it is entered again.
//   --port N    of the server
//   --count N   requests
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

#include "tests/apps/blocking_http.h"
#include "tests/apps/options.h"

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void __libc_free(void*);
}

namespace {

std::atomic<bool> locked{false};
std::atomic<bool> armed{false};
int server = -1;
int sent = 0;

void on_signal(int) {
  static const char request[] = "GET /from/a/signal/handler HTTP/1.1\r\nHost: localhost\r\n\r\n";
  if (send(server, request, sizeof request - 1, MSG_NOSIGNAL) == sizeof request - 1) ++sent;
}

// Holds the lock; the signal comes in the middle.
class Lock {
 public:
  Lock() {
    if (locked.exchange(true)) {
      static const char message[] = "malloc was entered from within malloc\n";
      if (write(1, message, sizeof message - 1) < 0) _exit(98);
      _exit(99);
    }
    if (armed.exchange(false)) raise(SIGUSR1);
  }
  ~Lock() { locked = false; }
};

}  // namespace

extern "C" void* malloc(size_t size) {
  const Lock lock;
  return __libc_malloc(size);
}
extern "C" void* calloc(size_t count, size_t size) {
  const Lock lock;
  return __libc_calloc(count, size);
}
extern "C" void* realloc(void* memory, size_t size) {
  const Lock lock;
  return __libc_realloc(memory, size);
}
extern "C" void free(void* memory) {
  const Lock lock;
  __libc_free(memory);
}

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  signal(SIGUSR1, on_signal);
  server = apps::connect_to(options.number("port", 0));
  apps::Connection connection(server);
  int answered = 0;
  for (int i = 0; i < options.number("count", 100); ++i) {
    armed = true;
    void* volatile memory = malloc(64);
    free(memory);
    if (const auto response = connection.read_message(); response && !response->body.empty())
      ++answered;
  }
  std::printf("sent %d answered %d\n", sent, answered);
}
