// The protobuf decoder against hostile bytes: no crash, bounded results, and every span that it
// gives is one that the rest of the collector can take.
#include "collector/receive/testing/decoder_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace seamtrace::collector;
  ResourceCache resources;
  testing::check(decode_protobuf({reinterpret_cast<const char*>(data), size}, resources,
                                 testing::kFuzzLimits));
  return 0;
}
