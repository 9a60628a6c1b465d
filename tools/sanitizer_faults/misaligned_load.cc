// A deliberate fault: a number read in place from unaligned bytes of a message.
#include <cstdint>

int main(int count, char**) {
  alignas(8) unsigned char bytes[16] = {};
  const auto* number = reinterpret_cast<const volatile uint32_t*>(bytes + count);
  return static_cast<int>(*number);
}
