// A deliberate fault: two threads count without telling each other.
#include <thread>

namespace {
int counter;
}

int main() {
  std::thread other([] { counter = counter + 1; });
  counter = counter + 1;
  other.join();
  return 0;
}
