// module_client: loads a plug-in with RTLD_LOCAL | RTLD_DEEPBIND or without, and lets it make a
// request.
//   --module PATH  --port N  --deepbind 0 | 1
#include <dlfcn.h>

#include <cstdio>

#include "tests/apps/options.h"

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  const int deep = options.number("deepbind", 0) == 1 ? RTLD_DEEPBIND : 0;
  void* module = dlopen(options.text("module").c_str(), RTLD_NOW | RTLD_LOCAL | deep);
  if (module == nullptr) {
    std::printf("%s\n", dlerror());
    return 1;
  }
  auto* make_request = reinterpret_cast<void (*)(int)>(dlsym(module, "make_request"));
  make_request(options.number("port", 0));
}
