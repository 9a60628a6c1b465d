// A deliberate fault: reads one byte past a buffer, as a codec would that trusts a length.
#include <cstddef>
#include <memory>

int main(int count, char**) {
  const size_t size = static_cast<size_t>(count) * 16;
  const auto buffer = std::make_unique<unsigned char[]>(size);
  const volatile unsigned char* bytes = buffer.get();
  return bytes[size];
}
