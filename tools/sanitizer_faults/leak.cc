// A deliberate fault: memory that nobody owns any more.
namespace {
volatile int* volatile forgotten;
}

int main(int count, char**) {
  forgotten = new int(count);
  forgotten = nullptr;
  return 0;
}
