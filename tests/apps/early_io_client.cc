// early_io_client: linked with early_io; makes a request of its own from main.
#include <cstdlib>

#include "tests/apps/blocking_http.h"

void link_early_io();

int main() {
  link_early_io();
  const int port = std::atoi(getenv("SUBJECT_PORT"));
  std::printf("main %s\n", apps::get(port, "/main").c_str());
}
