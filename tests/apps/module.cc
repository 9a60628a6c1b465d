// module: a plug-in that makes a request when it is asked to.
#include "tests/apps/blocking_http.h"

extern "C" void make_request(int port) {
  std::printf("module %s\n", apps::get(port, "/module").c_str());
}
