// early_io: a shared library whose constructor and destructor make a request to the server at
// port SUBJECT_PORT, before main and after it.
#include <cstdlib>

#include "tests/apps/blocking_http.h"

namespace {

void request(const char* path) {
  const char* port = getenv("SUBJECT_PORT");
  if (port == nullptr) return;
  const std::string line = std::string(path) + " " + apps::get(std::atoi(port), path) + "\n";
  if (write(1, line.data(), line.size()) < 0) _exit(98);
}

__attribute__((constructor(101))) void before_main() { request("/constructor"); }
__attribute__((destructor(101))) void after_main() { request("/destructor"); }

}  // namespace

void link_early_io() {}
