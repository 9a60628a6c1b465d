// A deliberate fault: a signed sum that does not fit.
#include <climits>

int main(int count, char**) {
  volatile int sum = INT_MAX;
  sum = sum + count;
  return sum == 0;
}
