// A deliberate fault: reads a connection's state after its end.
int main(int count, char**) {
  volatile int* state = new int(count);
  delete state;
  return *state;
}
